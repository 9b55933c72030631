/** Changes of loaded pages ahead of the server's answer. Pure. */
import type { FilePage, FileResource } from "../../api/resources";

export type Pages = ReadonlyMap<number, FilePage>;

/**
 * Takes rows out and moves the later ones up, also across pages. Where the next page is not
 * loaded, the last rows of a page become unknown and are fetched again.
 */
export function withoutRows(pages: Pages, gone: ReadonlySet<string>, pageSize: number): Pages {
  const places: { at: number; row: FileResource }[] = [];
  let removed = 0;
  for (const [page, { items }] of [...pages].sort(([a], [b]) => a - b)) {
    items.forEach((row, index) => {
      if (gone.has(row.id)) removed += 1;
      else places.push({ at: page * pageSize + index - removed, row });
    });
  }
  if (removed === 0) return pages;

  const rows = new Map(places.map(({ at, row }) => [at, row]));
  const next = new Map<number, FilePage>();
  for (const [page, { pagination }] of pages) {
    const items: FileResource[] = [];
    for (let index = 0; index < pageSize; index++) {
      const row = rows.get(page * pageSize + index);
      if (row === undefined) break;
      items.push(row);
    }
    const total = Math.max(0, pagination.total - removed);
    next.set(page, { items, pagination: { ...pagination, total } });
  }
  return next;
}

export function withChange(page: FilePage, id: string, change: Partial<FileResource>): FilePage {
  if (!page.items.some((row) => row.id === id)) return page;
  return {
    ...page,
    items: page.items.map((row) => (row.id === id ? { ...row, ...change } : row)),
  };
}
