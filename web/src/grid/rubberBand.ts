/** Choosing rows by drawing a rectangle over them with the mouse. */
import { type PointerEvent as ReactPointerEvent, useLayoutEffect, useRef, useState } from "react";
import type { GridSource, GridState } from "./model";
import { exactly } from "./selection";

/** In pixels of the grid's body. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Lines {
  count: number;
  perLine: number;
  lineHeight: number;
  width: number;
}

/** The rows that a box touches, in order. Pure. */
export function indexesIn(box: Box, { count, perLine, lineHeight, width }: Lines): number[] {
  const cell = width / perLine;
  const firstColumn = Math.max(0, Math.floor(box.left / cell));
  const lastColumn = Math.min(perLine - 1, Math.floor(box.right / cell));
  const firstLine = Math.max(0, Math.floor(box.top / lineHeight));
  const lastLine = Math.min(Math.ceil(count / perLine) - 1, Math.floor(box.bottom / lineHeight));
  const indexes: number[] = [];
  for (let line = firstLine; line <= lastLine; line++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const index = line * perLine + column;
      if (index < count) indexes.push(index);
    }
  }
  return indexes;
}

const START_PX = 5;
const EDGE_PX = 40;
const EDGE_STEP_PX = 12;

interface RubberBand<T> extends GridState {
  source: GridSource<T>;
  perLine: number;
  lineHeight: number;
}

export function useRubberBand<T>(props: RubberBand<T>) {
  const [band, setBand] = useState<Box | null>(null);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });

  function onPointerDown(event: ReactPointerEvent<HTMLElement>) {
    const onControl = (event.target as Element).closest("[data-part]") !== null;
    if (event.pointerType !== "mouse" || event.button !== 0 || onControl) return;

    const body = event.currentTarget;
    const scroller = body.parentElement as HTMLElement;
    const { selection } = props;
    const adding = (event.ctrlKey || event.metaKey || event.shiftKey) && !selection.all;
    const kept = adding ? selection.ids : new Set<string>();
    const start = pointIn(body, event);
    let pointer: { clientX: number; clientY: number } = event;
    let frame = 0;

    const draw = () => {
      const { source, select, perLine, lineHeight } = latest.current;
      const end = pointIn(body, pointer);
      const box = {
        left: Math.max(0, Math.min(start.x, end.x)),
        top: Math.max(0, Math.min(start.y, end.y)),
        right: Math.min(body.clientWidth, Math.max(start.x, end.x)),
        bottom: Math.min(body.clientHeight, Math.max(start.y, end.y)),
      };
      setBand(box);
      const lines = { count: source.count, perLine, lineHeight, width: body.clientWidth };
      const rows = indexesIn(box, lines).map((index) => source.at(index));
      select(exactly(kept, rows.filter((row) => row !== undefined).map(source.id)));
    };

    const follow = () => {
      const { top, bottom } = scroller.getBoundingClientRect();
      if (pointer.clientY > bottom - EDGE_PX) scroller.scrollTop += EDGE_STEP_PX;
      else if (pointer.clientY < top + EDGE_PX) scroller.scrollTop -= EDGE_STEP_PX;
      draw();
      frame = requestAnimationFrame(follow);
    };

    const move = (moved: PointerEvent) => {
      pointer = moved;
      if (frame !== 0) return;
      const { x, y } = pointIn(body, moved);
      if (Math.hypot(x - start.x, y - start.y) >= START_PX) frame = requestAnimationFrame(follow);
    };

    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (frame === 0) return;
      cancelAnimationFrame(frame);
      setBand(null);
      ignoreClick();
    };

    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  return { band, onPointerDown };
}

function pointIn(body: HTMLElement, at: { clientX: number; clientY: number }) {
  const { left, top } = body.getBoundingClientRect();
  return { x: at.clientX - left, y: at.clientY - top };
}

/** Letting go of the mouse counts as a click on whatever lies below; that one is not meant. */
function ignoreClick(): void {
  const ignore = (event: Event) => event.stopPropagation();
  addEventListener("click", ignore, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", ignore, { capture: true }));
}
