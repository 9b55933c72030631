import { describe, expect, it } from "vitest";
import type { FilePage, FileResource } from "../../api/resources";
import { withChange, withoutRows } from "./pages";

const row = (id: string) => ({ id, name: id }) as FileResource;

function page(ids: string[], total: number): FilePage {
  return { items: ids.map(row), pagination: { limit: 3, total, nextCursor: null } };
}

const ids = (page: FilePage | undefined) => page?.items.map((item) => item.id);

describe("removing rows", () => {
  it("moves rows up across pages and counts them out", () => {
    const pages = new Map([
      [0, page(["a", "b", "c"], 6)],
      [1, page(["d", "e", "f"], 6)],
    ]);
    const next = withoutRows(pages, new Set(["b"]), 3);
    expect(ids(next.get(0))).toEqual(["a", "c", "d"]);
    expect(ids(next.get(1))).toEqual(["e", "f"]);
    expect(next.get(0)?.pagination.total).toBe(5);
  });

  it("leaves a gap where the next page was never loaded", () => {
    const pages = new Map([
      [0, page(["a", "b", "c"], 9)],
      [2, page(["g", "h", "i"], 9)],
    ]);
    const next = withoutRows(pages, new Set(["a"]), 3);
    expect(ids(next.get(0))).toEqual(["b", "c"]);
  });

  it("changes nothing when the rows are elsewhere", () => {
    const pages = new Map([[0, page(["a"], 1)]]);
    expect(withoutRows(pages, new Set(["z"]), 3)).toBe(pages);
  });
});

describe("changing a row", () => {
  it("keeps the other rows and the place", () => {
    const next = withChange(page(["a", "b"], 2), "b", { name: "new" });
    expect(next.items.map((item) => item.name)).toEqual(["a", "new"]);
  });
});
