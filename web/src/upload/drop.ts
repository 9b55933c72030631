// What was dropped: files, and folders walked to their last leaf.

import type { FileToUpload } from "./model";
import { SINGLE_PART_LIMIT } from "./plan";

export interface Dropped {
  readonly files: readonly FileToUpload[];
  /** Folders that hold neither files nor folders. */
  readonly emptyFolders: readonly (readonly string[])[];
  /** Names of what the browser may not read; the rest of the tree goes on without them. */
  readonly unreadable: readonly string[];
}

/** A handle is a convenience: a browser that thinks long about giving one must not hold the files up. */
const HANDLE_WITHIN = 2_000;

type HandleSource = DataTransferItem & {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
};

/**
 * Must be called inside the drop event: its items are dead in the next task, so entries and handles
 * are taken here at once and walked afterwards.
 */
export function readDrop(dataTransfer: DataTransfer): Promise<Dropped> {
  const items = [...dataTransfer.items].filter((item) => item.kind === "file");
  const roots = items.map((item: HandleSource) => ({
    entry: item.webkitGetAsEntry?.() ?? null,
    file: item.getAsFile(),
    handle: soonOrNull(item.getAsFileSystemHandle?.() ?? null),
  }));
  return walkAll(roots);
}

async function walkAll(
  roots: readonly {
    entry: FileSystemEntry | null;
    file: File | null;
    handle: Promise<FileSystemHandle | null>;
  }[],
): Promise<Dropped> {
  const found: Found = { files: [], emptyFolders: [], unreadable: [] };
  for (const { entry, file, handle } of roots) {
    if (entry !== null) await walk(entry, [], await handle, found);
    else if (file !== null) found.files.push({ file, path: [] });
  }
  return found;
}

interface Found {
  readonly files: FileToUpload[];
  readonly emptyFolders: string[][];
  readonly unreadable: string[];
}

async function walk(
  entry: FileSystemEntry,
  path: readonly string[],
  handle: FileSystemHandle | null,
  found: Found,
): Promise<void> {
  try {
    await walkReadable(entry, path, handle, found);
  } catch {
    found.unreadable.push([...path, entry.name].join("/"));
  }
}

async function walkReadable(
  entry: FileSystemEntry,
  path: readonly string[],
  handle: FileSystemHandle | null,
  found: Found,
): Promise<void> {
  if (entry.isFile) {
    const file = await fileOf(entry as FileSystemFileEntry);
    const own = handle?.kind === "file" ? (handle as FileSystemFileHandle) : undefined;
    found.files.push({ file, path, handle: own });
    return;
  }
  const children = await readAll((entry as FileSystemDirectoryEntry).createReader());
  const below = [...path, entry.name];
  if (children.length === 0) found.emptyFolders.push(below);
  const directory = handle?.kind === "directory" ? (handle as FileSystemDirectoryHandle) : null;
  for (const child of children) {
    const first = found.files.length;
    if (child.isDirectory) {
      const inner = soonOrNull(directory?.getDirectoryHandle(child.name) ?? null);
      await walk(child, below, await inner, found);
      continue;
    }
    await walk(child, below, null, found);
    // A handle is worth its cost only for files that a reload would hurt.
    const added = found.files[first];
    if (directory === null || added === undefined || added.file.size <= SINGLE_PART_LIMIT) continue;
    const own = await soonOrNull(directory.getFileHandle(child.name));
    found.files[first] = { ...added, handle: own ?? undefined };
  }
}

/** A reader gives its entries in portions (100 in Chromium) and an empty portion at the end. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function soonOrNull<T>(handle: Promise<T | null> | null): Promise<T | null> {
  if (handle === null) return Promise.resolve(null);
  const late = new Promise<null>((resolve) => setTimeout(resolve, HANDLE_WITHIN, null));
  return Promise.race([handle.catch(() => null), late]);
}
