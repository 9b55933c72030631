import { ArrowDown, ArrowUp } from "lucide-react";
import { CheckMark } from "../ui/CheckMark";
import styles from "./Grid.module.css";
import type { GridColumn, GridSort } from "./model";

interface HeaderProps<T> {
  columns: GridColumn<T>[];
  sort: GridSort | null;
  onSort: ((column: string) => void) | undefined;
  chosen: "none" | "some" | "all";
  onChooseAll: () => void;
}

export function GridHeader<T>({ columns, sort, onSort, chosen, onChooseAll }: HeaderProps<T>) {
  return (
    <div role="rowgroup" className={styles.header}>
      <div role="row" className={styles.headerRow} aria-rowindex={1}>
        <div role="columnheader" className={styles.check}>
          <button
            type="button"
            role="checkbox"
            aria-checked={chosen === "some" ? "mixed" : chosen === "all"}
            aria-label="Select all"
            onClick={onChooseAll}
          >
            <CheckMark state={chosen} />
          </button>
        </div>
        {columns.map((column) => {
          const sorted = sort?.column === column.id;
          const Arrow = sort?.descending ? ArrowDown : ArrowUp;
          const order = sort?.descending ? "descending" : "ascending";
          return (
            <div
              key={column.id}
              role="columnheader"
              className={styles[column.id]}
              {...(onSort ? { "aria-sort": sorted ? order : ("none" as const) } : {})}
            >
              {onSort ? (
                <button type="button" onClick={() => onSort(column.id)}>
                  {column.header}
                  {sorted && <Arrow aria-hidden />}
                </button>
              ) : (
                column.header
              )}
            </div>
          );
        })}
        <div role="columnheader" className={styles.more}>
          <span className="visually-hidden">Actions</span>
        </div>
      </div>
    </div>
  );
}
