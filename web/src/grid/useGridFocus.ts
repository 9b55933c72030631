import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { GridSource } from "./model";

let pageHadList = false;

/**
 * The one row that Tab reaches. It is remembered by id, so it stays with its row
 * when rows above it come or go, and by place, so that a removed row hands it to the next.
 */
export function useGridFocus<T>(
  source: GridSource<T>,
  container: RefObject<HTMLElement | null>,
  scrollTo: (index: number) => void,
  start: number,
) {
  const [index, setIndex] = useState(start);
  const focusedId = useRef<string | null>(null);
  // A list that opens where another one was takes over the keyboard, unless something else has it.
  const wanted = useRef(pageHadList && document.activeElement === document.body);
  useEffect(() => {
    pageHadList = true;
  }, []);

  const last = Math.max(0, source.count - 1);
  const shown = Math.min(index, last);
  const row = source.at(shown);
  const rowId = row === undefined ? null : source.id(row);

  useEffect(() => {
    if (focusedId.current === null || focusedId.current === rowId) {
      focusedId.current = rowId;
      return;
    }
    const moved = source.indexOf(focusedId.current);
    if (moved === -1) {
      if (rowId !== null) focusedId.current = rowId;
      return;
    }
    wanted.current = container.current?.contains(document.activeElement) ?? false;
    setIndex(moved);
  }, [source, rowId, container]);

  useLayoutEffect(() => {
    if (!wanted.current) return;
    const element = container.current?.querySelector<HTMLElement>(`[data-index="${shown}"]`);
    if (!element) return;
    wanted.current = false;
    element.focus({ preventScroll: true });
  });

  const moveTo = useCallback(
    (next: number, takeFocus: boolean) => {
      const target = source.at(next);
      focusedId.current = target === undefined ? null : source.id(target);
      wanted.current = takeFocus;
      setIndex(next);
      if (takeFocus) scrollTo(next);
    },
    [source, scrollTo],
  );

  return { focused: shown, moveTo };
}
