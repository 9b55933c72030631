import { useId } from "react";
import styles from "./Meter.module.css";

interface MeterProps {
  label: string;
  value: number;
  max: number;
}

/** How full something is; turns to a warning at 90 %. */
export function Meter({ label, value, max }: MeterProps) {
  const id = useId();
  const share = max > 0 ? value / max : 1;
  const level = share >= 1 ? "full" : share >= 0.9 ? "warn" : "fine";
  return (
    <div>
      <span id={id} className={styles.label}>
        {label}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a <meter> cannot be drawn alike in every browser. */}
      <div
        role="meter"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(Math.min(1, share) * 100)}
        className={styles.track}
      >
        <div
          className={styles.bar}
          data-level={level}
          style={{ width: `${Math.min(100, share * 100)}%` }}
        />
      </div>
    </div>
  );
}

/** How far something has come, from 0 to 1. */
export function ProgressBar({ label, value }: { label: string; value: number }) {
  const percent = Math.max(0, Math.min(100, value * 100));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
      className={styles.track}
    >
      <div className={styles.bar} style={{ width: `${percent}%` }} />
    </div>
  );
}
