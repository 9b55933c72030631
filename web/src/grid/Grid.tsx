/** A list or wall of tiles of any length: an ARIA grid of which only the visible rows exist. */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { announce } from "../ui/Announcer";
import { formats } from "../ui/format";
import styles from "./Grid.module.css";
import { GridHeader } from "./GridHeader";
import { GridRow, GridTile } from "./GridRow";
import type { GridActions, GridColumn, GridSort, GridSource, GridState } from "./model";
import { useRubberBand } from "./rubberBand";
import { clear, countSelected, everything, isSelected } from "./selection";
import { useGridFocus } from "./useGridFocus";
import { useGridInput } from "./useGridInput";
import { useGridSize } from "./useGridSize";

const HEADER_HEIGHT = 36;

interface Place {
  offset: number;
  focused: number;
}

const places = new Map<string, Place>();

interface GridProps<T> extends GridState {
  label: string;
  layout: "list" | "tiles";
  source: GridSource<T>;
  columns: GridColumn<T>[];
  tile: (row: T) => ReactNode;
  sort: GridSort | null;
  onSort?: (column: string) => void;
  actions: GridActions<T>;
  /** Where files are being dragged over: a row, or the list as a whole. */
  dropping: number | "list" | null;
  /** Under this name the place in the list is remembered until the page is reloaded. */
  memory: string;
  /** Room below the last row, so that nothing lies over it. */
  bottomSpace: number;
}

export function Grid<T>(props: GridProps<T>) {
  const { label, layout, source, columns, tile, selection, select, actions } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const size = useGridSize(scroller, layout);
  const perLine = size.perLine;
  const lines = Math.ceil(source.count / perLine);
  const focusedLine = useRef(0);
  const [start] = useState(() => places.get(props.memory) ?? { offset: 0, focused: 0 });

  const virtualizer = useVirtualizer({
    count: lines,
    getScrollElement: () => scroller.current,
    estimateSize: () => size.lineHeight,
    overscan: 8,
    initialOffset: start.offset,
    scrollMargin: layout === "list" ? HEADER_HEIGHT : 0,
    scrollPaddingStart: layout === "list" ? HEADER_HEIGHT : 8,
    scrollPaddingEnd: props.bottomSpace,
    // The focused row stays in the document, or the keyboard would lose its place.
    rangeExtractor: useCallback((range: Range) => {
      const visible = defaultRangeExtractor(range);
      const line = focusedLine.current;
      if (visible.includes(line) || line >= range.count) return visible;
      return [...visible, line].sort((a, b) => a - b);
    }, []),
  });

  const scrollTo = useCallback(
    (index: number) => virtualizer.scrollToIndex(Math.floor(index / perLine)),
    [virtualizer, perLine],
  );
  const { focused, moveTo } = useGridFocus(source, scroller, scrollTo, start.focused);
  focusedLine.current = Math.floor(focused / perLine);

  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are cached until told.
  useEffect(() => virtualizer.measure(), [virtualizer, size.lineHeight]);

  const shownLayout = useRef(layout);
  useEffect(() => {
    if (shownLayout.current === layout) return;
    shownLayout.current = layout;
    scrollTo(focused);
  }, [layout, focused, scrollTo]);

  const input = useGridInput({
    source,
    selection,
    select,
    actions,
    focused,
    moveTo,
    columns: perLine,
    pageRows: size.pageRows,
  });

  const rubberBand = useRubberBand({
    source,
    selection,
    select,
    perLine,
    lineHeight: size.lineHeight,
  });
  const { band } = rubberBand;

  useEffect(() => {
    places.set(props.memory, { offset: virtualizer.scrollOffset ?? 0, focused });
  });

  const items = virtualizer.getVirtualItems();
  const first = (virtualizer.range?.startIndex ?? 0) * perLine;
  const last = ((virtualizer.range?.endIndex ?? 0) + 1) * perLine - 1;
  useEffect(() => source.show(first, last), [source, first, last]);

  const chosen = countSelected(selection, source.count);
  const told = useRef(0);
  useEffect(() => {
    if (told.current !== chosen) announce(`${formats.count(chosen)} selected`);
    told.current = chosen;
  }, [chosen]);

  const place = (index: number) => {
    const row = source.at(index);
    return {
      row,
      index,
      selected: row !== undefined && isSelected(selection, source.id(row)),
      focused: index === focused,
      dropping: props.dropping === index,
    };
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-multiselectable
      aria-rowcount={layout === "list" ? source.count + 1 : lines}
      {...(layout === "tiles" ? { "aria-colcount": perLine } : {})}
      tabIndex={-1}
      className={styles.grid}
      data-layout={layout}
    >
      {layout === "list" && (
        <GridHeader
          columns={columns}
          sort={props.sort}
          onSort={props.onSort}
          chosen={chosen === 0 ? "none" : chosen === source.count ? "all" : "some"}
          onChooseAll={() =>
            select(chosen === source.count ? clear(selection) : everything(selection))
          }
        />
      )}
      <div
        role="rowgroup"
        className={styles.body}
        style={{ height: virtualizer.getTotalSize(), marginBottom: props.bottomSpace }}
        {...input}
        onPointerDown={(event) => {
          input.onPointerDown(event);
          rubberBand.onPointerDown(event);
        }}
      >
        {items.map((item) => (
          <div
            key={item.key}
            role={layout === "list" ? "presentation" : "row"}
            {...(layout === "tiles" ? { "aria-rowindex": item.index + 1 } : {})}
            className={styles.line}
            style={{
              height: item.size,
              transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)`,
              gridTemplateColumns: `repeat(${perLine}, minmax(0, 1fr))`,
            }}
          >
            {layout === "list" ? (
              <GridRow {...place(item.index)} columns={columns} />
            ) : (
              Array.from({ length: perLine }, (_, column) => item.index * perLine + column)
                .filter((index) => index < source.count)
                .map((index, column) => (
                  <GridTile key={index} {...place(index)} column={column} render={tile} />
                ))
            )}
          </div>
        ))}
        {band && (
          <div
            aria-hidden
            className={styles.band}
            style={{
              left: band.left,
              top: band.top,
              width: band.right - band.left,
              height: band.bottom - band.top,
            }}
          />
        )}
      </div>
    </div>
  );
}
