import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import styles from "./Choice.module.css";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string; icon: LucideIcon; iconOnly?: boolean }[];
  onChange: (value: T) => void;
}

/** One of a few, side by side. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => {
        const Icon = option.icon;
        return (
          <label
            key={option.value}
            className={styles.option}
            title={option.iconOnly ? option.label : undefined}
          >
            <input
              type="radio"
              name={name}
              className={styles.input}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <Icon aria-hidden />
            <span className={option.iconOnly ? "visually-hidden" : undefined}>{option.label}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
