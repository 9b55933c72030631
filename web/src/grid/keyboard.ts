/** What a key means in the grid. Pure, so that the table of keys can be read and tested. */
export type GridIntent =
  | { do: "move"; to: number; range: boolean; keepSelection: boolean }
  | { do: "toggle"; range: boolean }
  | { do: "open" | "rename" | "remove" | "menu" | "all" | "clear" }
  | { do: "find"; letter: string };

export interface GridShape {
  count: number;
  columns: number;
  /** Rows that fit on the screen. */
  page: number;
  focused: number;
}

type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

export function intentOf(event: Key, shape: GridShape): GridIntent | null {
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey) return null;

  const to = destination(event.key, command, shape);
  if (to !== null) {
    const bounded = Math.max(0, Math.min(shape.count - 1, to));
    return { do: "move", to: bounded, range: event.shiftKey, keepSelection: command };
  }
  switch (event.key) {
    case " ":
      return { do: "toggle", range: event.shiftKey };
    case "Enter":
      return command ? null : { do: "open" };
    case "F2":
      return { do: "rename" };
    case "Delete":
      return { do: "remove" };
    case "Backspace":
      return command ? { do: "remove" } : null;
    case "ContextMenu":
      return { do: "menu" };
    case "F10":
      return event.shiftKey ? { do: "menu" } : null;
    case "Escape":
      return { do: "clear" };
  }
  if (command) return event.key.toLowerCase() === "a" ? { do: "all" } : null;
  return [...event.key].length === 1 ? { do: "find", letter: event.key } : null;
}

function destination(key: string, command: boolean, shape: GridShape): number | null {
  const { focused, columns, page, count } = shape;
  switch (key) {
    case "ArrowDown":
      // The last, shorter line of tiles is reached from above it too.
      return focused + columns < count || columns === 1 ? focused + columns : lastLine(shape);
    case "ArrowUp":
      return focused - columns < 0 ? focused : focused - columns;
    case "ArrowRight":
      return columns > 1 ? focused + 1 : null;
    case "ArrowLeft":
      return columns > 1 ? focused - 1 : null;
    case "Home":
      return columns > 1 && !command ? focused - (focused % columns) : 0;
    case "End":
      return columns > 1 && !command ? focused - (focused % columns) + columns - 1 : count - 1;
    case "PageDown":
      return Math.min(count - 1, focused + Math.max(1, page) * columns);
    case "PageUp":
      return Math.max(focused % columns, focused - Math.max(1, page) * columns);
  }
  return null;
}

function lastLine({ focused, columns, count }: GridShape): number {
  const onLastLine = Math.floor(focused / columns) === Math.floor((count - 1) / columns);
  return onLastLine ? focused : count - 1;
}

const PAUSE_MS = 700;

/** Collects typed letters into the start of a name. The same letter again steps to the next match. */
export class Typeahead {
  #typed = "";
  #at = 0;

  type(letter: string, now: number): { prefix: string; fromNext: boolean } {
    const going = now - this.#at < PAUSE_MS;
    this.#at = now;
    this.#typed = going ? this.#typed + letter : letter;
    const repeated = [...this.#typed].every((typed) => typed === letter);
    const prefix = repeated ? letter : this.#typed;
    return { prefix: prefix.toLocaleLowerCase(), fromNext: repeated };
  }

  /** Whether a space belongs to a name that is being typed, instead of choosing the row. */
  isTyping(now: number): boolean {
    return this.#typed !== "" && now - this.#at < PAUSE_MS;
  }
}
