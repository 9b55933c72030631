import { describe, expect, it } from "vitest";
import { type GridShape, intentOf, Typeahead } from "./keyboard";

const list: GridShape = { count: 100, columns: 1, page: 10, focused: 50 };
const tiles: GridShape = { count: 10, columns: 4, page: 2, focused: 5 };

function press(key: string, shape: GridShape, keys: Partial<KeyboardEvent> = {}) {
  return intentOf(
    { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...keys },
    shape,
  );
}

function goal(key: string, shape: GridShape, keys: Partial<KeyboardEvent> = {}) {
  const intent = press(key, shape, keys);
  return intent?.do === "move" ? intent.to : null;
}

describe("keys in a list", () => {
  it("move by a row, by a screen and to the ends", () => {
    expect(goal("ArrowDown", list)).toBe(51);
    expect(goal("ArrowUp", list)).toBe(49);
    expect(goal("PageDown", list)).toBe(60);
    expect(goal("PageUp", list)).toBe(40);
    expect(goal("Home", list)).toBe(0);
    expect(goal("End", list)).toBe(99);
  });

  it("stop at both ends", () => {
    expect(goal("ArrowUp", { ...list, focused: 0 })).toBe(0);
    expect(goal("ArrowDown", { ...list, focused: 99 })).toBe(99);
    expect(goal("PageUp", { ...list, focused: 3 })).toBe(0);
  });

  it("leave left and right to the browser", () => {
    expect(press("ArrowLeft", list)).toBeNull();
  });

  it("range with Shift, keep the selection with Ctrl", () => {
    expect(press("End", list, { shiftKey: true })).toMatchObject({ range: true });
    expect(press("ArrowDown", list, { ctrlKey: true })).toMatchObject({ keepSelection: true });
  });

  it("act on what is chosen", () => {
    expect(press("Enter", list)).toEqual({ do: "open" });
    expect(press("F2", list)).toEqual({ do: "rename" });
    expect(press("Delete", list)).toEqual({ do: "remove" });
    expect(press("a", list, { ctrlKey: true })).toEqual({ do: "all" });
    expect(press("F10", list, { shiftKey: true })).toEqual({ do: "menu" });
    expect(press("Escape", list)).toEqual({ do: "clear" });
  });

  it("leave other shortcuts to the browser", () => {
    expect(press("f", list, { ctrlKey: true })).toBeNull();
    expect(press("ArrowLeft", list, { altKey: true })).toBeNull();
    expect(press("F5", list)).toBeNull();
  });
});

describe("keys among tiles", () => {
  it("move in both directions", () => {
    expect(goal("ArrowRight", tiles)).toBe(6);
    expect(goal("ArrowLeft", tiles)).toBe(4);
    expect(goal("ArrowDown", tiles)).toBe(9);
    expect(goal("ArrowUp", tiles)).toBe(1);
  });

  it("reach a last line that is shorter", () => {
    expect(goal("ArrowDown", { ...tiles, focused: 7 })).toBe(9);
    expect(goal("ArrowDown", { ...tiles, focused: 8 })).toBe(8);
  });

  it("go to the ends of the line, and of all with Ctrl", () => {
    expect(goal("Home", tiles)).toBe(4);
    expect(goal("End", tiles)).toBe(7);
    expect(goal("End", tiles, { ctrlKey: true })).toBe(9);
  });
});

describe("typing a name", () => {
  it("collects letters while they come quickly", () => {
    const typeahead = new Typeahead();
    typeahead.type("p", 0);
    expect(typeahead.type("l", 100)).toEqual({ prefix: "pl", fromNext: false });
  });

  it("starts again after a pause", () => {
    const typeahead = new Typeahead();
    typeahead.type("p", 0);
    expect(typeahead.type("l", 1_000).prefix).toBe("l");
  });

  it("steps on with the same letter", () => {
    const typeahead = new Typeahead();
    typeahead.type("p", 0);
    expect(typeahead.type("p", 100)).toEqual({ prefix: "p", fromNext: true });
  });
});
