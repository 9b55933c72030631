import type { FileSort } from "../../api/resources";
import type { GridSort } from "../../grid/model";

export const DEFAULT_SORT: FileSort = "name";

export const sortLabels = { name: "Name", date: "Date", size: "Size", type: "Type" } as const;

export type SortColumn = keyof typeof sortLabels;

/** Each order that there is; types have no backwards. */
const orders: Record<SortColumn, { ascending: FileSort; descending: FileSort | null }> = {
  name: { ascending: "name", descending: "-name" },
  date: { ascending: "date", descending: "-date" },
  size: { ascending: "size", descending: "-size" },
  type: { ascending: "type", descending: null },
};

export function readSort(sort: FileSort): GridSort & { column: SortColumn } {
  const descending = sort.startsWith("-");
  return { column: (descending ? sort.slice(1) : sort) as SortColumn, descending };
}

export function sortIn(column: SortColumn, descending: boolean): FileSort | null {
  return descending ? orders[column].descending : orders[column].ascending;
}

/** The column again turns the order around; another one starts with what people look for first. */
export function nextSort(sort: FileSort, column: SortColumn): FileSort {
  const now = readSort(sort);
  const descending =
    now.column === column ? !now.descending : column === "date" || column === "size";
  return sortIn(column, descending) ?? orders[column].ascending;
}
