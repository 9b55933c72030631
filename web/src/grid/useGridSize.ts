import { type RefObject, useLayoutEffect, useState } from "react";

const ROW_HEIGHT = 40;
const TOUCH_ROW_HEIGHT = 56;
const TILE_WIDTH = 176;
const SMALL_TILE_WIDTH = 148;
const TILE_HEIGHT = 184;
const NARROW = 560;

export interface GridSize {
  perLine: number;
  lineHeight: number;
  pageRows: number;
}

/** How many tiles go in a line, how high a line is, and how many lines fit on the screen. */
export function useGridSize(
  scroller: RefObject<HTMLElement | null>,
  layout: "list" | "tiles",
): GridSize {
  const [box, setBox] = useState({ width: 1024, height: 600 });

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  const narrow = box.width < NARROW;
  const lineHeight = layout === "tiles" ? TILE_HEIGHT : narrow ? TOUCH_ROW_HEIGHT : ROW_HEIGHT;
  const tileWidth = narrow ? SMALL_TILE_WIDTH : TILE_WIDTH;
  return {
    perLine: layout === "tiles" ? Math.max(1, Math.floor((box.width - 16) / tileWidth)) : 1,
    lineHeight,
    pageRows: Math.max(1, Math.floor(box.height / lineHeight) - 1),
  };
}
