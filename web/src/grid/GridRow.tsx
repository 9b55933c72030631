import { Ellipsis } from "lucide-react";
import { memo, type ReactNode } from "react";
import { CheckMark } from "../ui/CheckMark";
import styles from "./Grid.module.css";
import type { GridColumn } from "./model";

interface PlaceProps {
  index: number;
  selected: boolean;
  focused: boolean;
  /** Files are being dragged over it. */
  dropping: boolean;
}

interface RowProps<T> extends PlaceProps {
  row: T | undefined;
  columns: GridColumn<T>[];
}

function Row<T>({ row, index, columns, selected, focused, dropping }: RowProps<T>) {
  return (
    <div
      role="row"
      className={styles.row}
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-busy={row === undefined}
      tabIndex={focused ? 0 : -1}
      data-index={index}
      data-dropping={dropping || undefined}
    >
      <div role="gridcell" className={styles.check} data-part="check">
        <CheckMark state={selected ? "all" : "none"} />
      </div>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={styles[column.id]}>
          {row === undefined ? <span className={styles.skeleton} /> : column.cell(row)}
        </div>
      ))}
      <div role="gridcell" className={styles.more}>
        <button type="button" tabIndex={-1} data-part="more" aria-label="More actions">
          <Ellipsis aria-hidden />
        </button>
      </div>
    </div>
  );
}

interface TileProps<T> extends PlaceProps {
  row: T | undefined;
  column: number;
  render: (row: T) => ReactNode;
}

function Tile<T>({ row, index, column, selected, focused, dropping, render }: TileProps<T>) {
  return (
    <div
      role="gridcell"
      className={styles.tile}
      aria-colindex={column + 1}
      aria-selected={selected}
      aria-busy={row === undefined}
      tabIndex={focused ? 0 : -1}
      data-index={index}
      data-dropping={dropping || undefined}
    >
      <span className={styles.tileCheck} data-part="check">
        <CheckMark state={selected ? "all" : "none"} />
      </span>
      {row === undefined ? <span className={styles.skeleton} /> : render(row)}
      <button
        type="button"
        tabIndex={-1}
        data-part="more"
        className={styles.tileMore}
        aria-label="More actions"
      >
        <Ellipsis aria-hidden />
      </button>
    </div>
  );
}

export const GridRow = memo(Row) as typeof Row;
export const GridTile = memo(Tile) as typeof Tile;
