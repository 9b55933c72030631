/** The lines of the tray. Only those in view are in the document, so twenty thousand cost nothing. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { formats } from "../../ui/format";
import type { UploadItem } from "../model";
import { trayLines } from "./lines";
import { UploadLine } from "./UploadLine";
import styles from "./UploadTray.module.css";

interface TrayListProps {
  items: readonly UploadItem[];
  onSolve: (id: string) => void;
}

const USUAL_HEIGHT = 56;

export function TrayList({ items, onSolve }: TrayListProps) {
  const scroller = useRef<HTMLElement>(null);
  const [showWaiting, setShowWaiting] = useState(false);
  const lines = useMemo(() => trayLines(items, showWaiting), [items, showWaiting]);
  const keyOf = useCallback((at: number) => lines[at]?.key ?? at, [lines]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: keyOf,
    overscan: 4,
  });

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: finished lines have no button, and a keyboard must be able to scroll them
    <section ref={scroller} className={styles.list} aria-label="Files" tabIndex={0}>
      <ul style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (line === undefined) return null;
          return (
            <li
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              aria-setsize={lines.length}
              aria-posinset={row.index + 1}
              className={styles.line}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {line.kind === "upload" ? (
                <UploadLine item={line.item} onSolve={onSolve} />
              ) : (
                <Button
                  variant="quiet"
                  aria-expanded={showWaiting}
                  onPress={() => setShowWaiting(!showWaiting)}
                >
                  {showWaiting ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
                  {formats.count(line.count)} waiting
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
