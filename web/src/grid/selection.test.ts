import { describe, expect, it } from "vitest";
import {
  clear,
  countSelected,
  everything,
  extend,
  isSelected,
  noSelection,
  only,
  type Selection,
  toggle,
} from "./selection";

const rows = Array.from({ length: 10 }, (_, index) => `r${index}`);

function between(from: string, to: string): string[] {
  const [low, high] = [rows.indexOf(from), rows.indexOf(to)].sort((a, b) => a - b);
  return rows.slice(low, (high ?? 0) + 1);
}

function chosen(selection: Selection): string[] {
  return rows.filter((id) => isSelected(selection, id));
}

function shift(selection: Selection, to: string, add = false): Selection {
  const anchor = selection.anchor ?? to;
  return extend(selection, anchor, between(anchor, to), add);
}

describe("a range", () => {
  it("goes downwards from the anchor", () => {
    expect(chosen(shift(only("r2"), "r5"))).toEqual(["r2", "r3", "r4", "r5"]);
  });

  it("goes upwards from the anchor", () => {
    expect(chosen(shift(only("r5"), "r2"))).toEqual(["r2", "r3", "r4", "r5"]);
  });

  it("turns around the anchor and leaves nothing behind", () => {
    const down = shift(only("r5"), "r8");
    expect(chosen(shift(down, "r3"))).toEqual(["r3", "r4", "r5"]);
  });

  it("shrinks when its end comes back", () => {
    const long = shift(only("r1"), "r8");
    expect(chosen(shift(long, "r2"))).toEqual(["r1", "r2"]);
  });

  it("replaces what was chosen before, unless it is added", () => {
    const two = toggle(only("r0"), "r4");
    expect(chosen(shift(two, "r6"))).toEqual(["r4", "r5", "r6"]);
    expect(chosen(shift(two, "r6", true))).toEqual(["r0", "r4", "r5", "r6"]);
  });

  it("that is added gives back only its own rows when it shrinks", () => {
    const wide = shift(toggle(only("r0"), "r4"), "r9", true);
    expect(chosen(shift(wide, "r5", true))).toEqual(["r0", "r4", "r5"]);
  });

  it("without an anchor is the one row", () => {
    expect(chosen(shift(noSelection, "r3"))).toEqual(["r3"]);
  });

  it("covers every pair of ends the same in both directions", () => {
    for (const from of rows) {
      for (const to of rows) {
        expect(chosen(shift(only(from), to))).toEqual(chosen(shift(only(to), from)));
      }
    }
  });

  it("starts again from the row that was toggled last", () => {
    expect(chosen(shift(toggle(only("r1"), "r7"), "r6"))).toEqual(["r6", "r7"]);
  });
});

describe("everything", () => {
  it("counts what was never loaded", () => {
    expect(countSelected(everything(noSelection), 100_000)).toBe(100_000);
  });

  it("has exceptions", () => {
    const most = toggle(everything(noSelection), "r3");
    expect(isSelected(most, "r3")).toBe(false);
    expect(countSelected(most, 10)).toBe(9);
    expect(chosen(toggle(most, "r3"))).toEqual(rows);
  });

  it("gives way to a range", () => {
    expect(chosen(shift(toggle(everything(noSelection), "r3"), "r5"))).toEqual(["r3", "r4", "r5"]);
  });
});

describe("clearing and toggling", () => {
  it("clear keeps the anchor for the next range", () => {
    expect(chosen(shift(clear(only("r2")), "r4"))).toEqual(["r2", "r3", "r4"]);
  });

  it("toggling twice changes nothing", () => {
    expect(chosen(toggle(toggle(only("r1"), "r2"), "r2"))).toEqual(["r1"]);
  });
});
