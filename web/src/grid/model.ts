import type { ReactNode } from "react";
import type { Selection } from "./selection";

/** The rows, of which only some are here. */
export interface GridSource<T> {
  count: number;
  at(index: number): T | undefined;
  /** Where a row is, among those that are here; -1 when it is not. */
  indexOf(id: string): number;
  id(row: T): string;
  name(row: T): string;
  /** Fetches the rows of a range, both ends included, and gives their ids in order. */
  idsBetween(from: number, to: number): Promise<string[]>;
  /** Told which rows are on the screen, so that they can be fetched. */
  show(from: number, to: number): void;
}

export interface GridColumn<T> {
  id: "name" | "type" | "size" | "date";
  header: string;
  cell(row: T): ReactNode;
}

export interface GridSort {
  column: string;
  descending: boolean;
}

export interface GridActions<T> {
  open(row: T): void;
  rename?(row: T): void;
  remove?(): void;
  menu(row: T, at: { x: number; y: number }): void;
}

export interface GridState {
  selection: Selection;
  select(next: Selection): void;
}

export interface GridDrop<T> {
  accepts(row: T): boolean;
  /** `row` is the folder that files were dropped on, or null for the list itself. */
  drop(data: DataTransfer, row: T | null): void;
}
