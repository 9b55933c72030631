import { type DragEvent, useState } from "react";
import type { GridDrop, GridSource } from "./model";
import { indexUnder } from "./useGridInput";

/** Files dragged in from the desktop; `over` is the folder row below them, or the whole list. */
export function useFileDrop<T>(source: GridSource<T>, drop: GridDrop<T> | undefined) {
  const [over, setOver] = useState<number | "list" | null>(null);
  if (!drop) return { over: null, handlers: {} };

  const target = (event: DragEvent): number | "list" => {
    const index = indexUnder(event);
    const row = index === null ? undefined : source.at(index);
    return index !== null && row !== undefined && drop.accepts(row) ? index : "list";
  };

  const handlers = {
    onDragOver(event: DragEvent) {
      if (!bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(target(event));
    },
    onDragLeave(event: DragEvent) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(null);
    },
    onDrop(event: DragEvent) {
      if (!bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      setOver(null);
      const place = target(event);
      drop.drop(event.dataTransfer, place === "list" ? null : (source.at(place) ?? null));
    },
  };
  return { over, handlers };
}

export function bringsFiles(data: DataTransfer): boolean {
  return data.types.includes("Files");
}
