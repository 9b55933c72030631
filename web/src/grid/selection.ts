/**
 * What is chosen in a list that may be too long to hold. "All" is a statement with exceptions,
 * so choosing 100,000 rows costs nothing. Pure: every function gives a new value.
 */
export interface Selection {
  /** With `all`, `ids` are the exceptions; otherwise they are what is chosen. */
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  /** Where a range starts; null until something was chosen. */
  readonly anchor: string | null;
  /** What was chosen when the anchor was set: a range that shrinks gives these back. */
  readonly base: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();

export const noSelection: Selection = { all: false, ids: nothing, anchor: null, base: nothing };

export function isSelected(selection: Selection, id: string): boolean {
  return selection.ids.has(id) !== selection.all;
}

export function countSelected(selection: Selection, total: number): number {
  return selection.all ? Math.max(0, total - selection.ids.size) : selection.ids.size;
}

export function only(id: string): Selection {
  return { all: false, ids: new Set([id]), anchor: id, base: nothing };
}

export function toggle(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { all: selection.all, ids, anchor: id, base: selection.all ? nothing : ids };
}

export function everything(selection: Selection): Selection {
  return { all: true, ids: nothing, anchor: selection.anchor, base: nothing };
}

/** Clears what is chosen and keeps the anchor, so that Shift still knows where it started. */
export function clear(selection: Selection): Selection {
  return { ...noSelection, anchor: selection.anchor };
}

/**
 * Chooses the rows from the anchor to another row. `range` holds their ids, both ends included,
 * in whichever direction. With `add`, what was chosen before the anchor stays chosen.
 */
export function extend(
  selection: Selection,
  anchor: string,
  range: Iterable<string>,
  add: boolean,
): Selection {
  const base = add && !selection.all ? selection.base : nothing;
  const ids = new Set(base);
  for (const id of range) ids.add(id);
  return { all: false, ids, anchor, base };
}

/** Chooses exactly these, as a rubber band does; `kept` is what was chosen before it began. */
export function exactly(kept: ReadonlySet<string>, ids: Iterable<string>): Selection {
  const chosen = new Set(kept);
  let anchor: string | null = null;
  for (const id of ids) {
    anchor ??= id;
    chosen.add(id);
  }
  return { all: false, ids: chosen, anchor, base: kept };
}
