import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef } from "react";
import { intentOf, Typeahead } from "./keyboard";
import type { GridActions, GridSource, GridState } from "./model";
import { clear, everything, extend, isSelected, only, toggle } from "./selection";

const LONG_PRESS_MS = 500;

interface Input<T> extends GridState {
  source: GridSource<T>;
  actions: GridActions<T>;
  columns: number;
  pageRows: number;
  focused: number;
  moveTo(index: number, takeFocus: boolean): void;
}

/** Keyboard, mouse and touch on the rows, by delegation from the body of the grid. */
export function useGridInput<T>(input: Input<T>) {
  const { source, selection, select, actions, focused, moveTo } = input;
  const typeahead = useRef(new Typeahead());
  const touch = useRef<{ timer: ReturnType<typeof setTimeout>; held: boolean } | null>(null);
  const pointer = useRef("mouse");
  const rangeRequest = useRef(0);

  const idAt = (index: number): string | null => {
    const row = source.at(index);
    return row === undefined ? null : source.id(row);
  };

  async function selectRange(to: number, add: boolean) {
    const known = selection.anchor === null ? -1 : source.indexOf(selection.anchor);
    const from = known === -1 ? focused : known;
    const request = ++rangeRequest.current;
    const ids = await source.idsBetween(Math.min(from, to), Math.max(from, to));
    const anchor = known === -1 ? idAt(from) : selection.anchor;
    if (request !== rangeRequest.current || anchor === null) return;
    select(extend(selection, anchor, ids, add));
  }

  function find(letter: string) {
    const { prefix, fromNext } = typeahead.current.type(letter, performance.now());
    const start = fromNext ? focused + 1 : focused;
    for (let step = 0; step < source.count; step++) {
      const index = (start + step) % source.count;
      const row = source.at(index);
      if (row !== undefined && source.name(row).toLocaleLowerCase().startsWith(prefix)) {
        moveTo(index, true);
        select(only(source.id(row)));
        return;
      }
    }
  }

  function openMenu(index: number, at: { x: number; y: number }) {
    const row = source.at(index);
    if (row === undefined) return;
    moveTo(index, false);
    if (!isSelected(selection, source.id(row))) select(only(source.id(row)));
    actions.menu(row, at);
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (source.count === 0 || event.defaultPrevented) return;
    const shape = { ...input, count: source.count, page: input.pageRows };
    let intent = intentOf(event, shape);
    if (intent?.do === "toggle" && typeahead.current.isTyping(performance.now())) {
      intent = { do: "find", letter: " " };
    }
    if (intent === null) return;
    const row = source.at(focused);
    const id = idAt(focused);
    event.preventDefault();

    switch (intent.do) {
      case "move": {
        const next = idAt(intent.to);
        moveTo(intent.to, true);
        if (intent.range) void selectRange(intent.to, intent.keepSelection);
        else if (!intent.keepSelection && next !== null) select(only(next));
        break;
      }
      case "toggle":
        if (intent.range) void selectRange(focused, true);
        else if (id !== null) select(toggle(selection, id));
        break;
      case "open":
        if (row !== undefined) actions.open(row);
        break;
      case "rename":
        if (row !== undefined) actions.rename?.(row);
        break;
      case "remove":
        if (id !== null && !selection.all && selection.ids.size === 0) select(only(id));
        actions.remove?.();
        break;
      case "menu": {
        const box = event.currentTarget
          .querySelector(`[data-index="${focused}"]`)
          ?.getBoundingClientRect();
        openMenu(focused, { x: (box?.left ?? 0) + 48, y: (box?.bottom ?? 0) - 8 });
        break;
      }
      case "all":
        select(everything(selection));
        break;
      case "clear":
        select(clear(selection));
        break;
      case "find":
        find(intent.letter);
    }
  }

  function onClick(event: MouseEvent<HTMLElement>) {
    const index = indexUnder(event);
    if (index === null) {
      if (pointer.current === "mouse") select(clear(selection));
      return;
    }
    const row = source.at(index);
    const id = idAt(index);
    if (row === undefined || id === null) return;
    if (touch.current?.held) {
      touch.current = null;
      return;
    }

    const part = partUnder(event);
    if (part === "more") {
      openMenu(index, { x: event.clientX, y: event.clientY });
      return;
    }
    moveTo(index, false);
    if (event.shiftKey) {
      void selectRange(index, part === "check" || event.ctrlKey || event.metaKey);
    } else if (part === "check" || event.ctrlKey || event.metaKey) {
      select(toggle(selection, id));
    } else if (pointer.current === "touch") {
      const choosing = selection.all || selection.ids.size > 0;
      if (choosing) select(toggle(selection, id));
      else actions.open(row);
    } else {
      select(only(id));
    }
  }

  function onDoubleClick(event: MouseEvent<HTMLElement>) {
    const index = indexUnder(event);
    const row = index === null ? undefined : source.at(index);
    if (row === undefined || partUnder(event) !== null || pointer.current === "touch") return;
    actions.open(row);
  }

  function onContextMenu(event: MouseEvent<HTMLElement>) {
    const index = indexUnder(event);
    if (index === null) return;
    event.preventDefault();
    if (pointer.current !== "touch") openMenu(index, { x: event.clientX, y: event.clientY });
  }

  function onPointerDown(event: PointerEvent<HTMLElement>) {
    pointer.current = event.pointerType;
    const index = indexUnder(event);
    const id = index === null ? null : idAt(index);
    if (event.pointerType !== "touch" || id === null) return;
    const press = {
      held: false,
      timer: setTimeout(() => {
        press.held = true;
        select(toggle(selection, id));
        navigator.vibrate?.(10);
      }, LONG_PRESS_MS),
    };
    touch.current = press;
  }

  function endPress() {
    clearTimeout(touch.current?.timer);
  }

  return {
    onKeyDown,
    onClick,
    onDoubleClick,
    onContextMenu,
    onPointerDown,
    onPointerUp: endPress,
    onPointerCancel: endPress,
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (Math.abs(event.movementX) + Math.abs(event.movementY) > 4) endPress();
    },
  };
}

export function indexUnder(event: { target: EventTarget }): number | null {
  const row = (event.target as Element).closest?.("[data-index]");
  return row === null || row === undefined ? null : Number(row.getAttribute("data-index"));
}

function partUnder(event: { target: EventTarget }): string | null {
  return (event.target as Element).closest("[data-part]")?.getAttribute("data-part") ?? null;
}
