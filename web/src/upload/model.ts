// The words of the uploader: what a page may see of an upload, and what the engine keeps for itself.

import type { KnownUpload } from "./journal";
import type { OnConflict } from "./port";

export type UploadState =
  | "queued"
  | "hashing"
  | "negotiating"
  | "sending"
  | "completing"
  | "done"
  | "deduplicated"
  | "paused"
  | "needs-file"
  | "conflict"
  | "failed";

export const ACTIVE_STATES: ReadonlySet<UploadState> = new Set([
  "hashing",
  "negotiating",
  "sending",
  "completing",
]);

export const FINISHED_STATES: ReadonlySet<UploadState> = new Set(["done", "deduplicated"]);

export type ConflictChoice = "replace" | "rename" | "skip";

export interface UploadFailure {
  /** The problem code of the API, or one of the uploader's own: `unreachable`, `other-tab`, `store-refused`, `unreadable`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly traceId: string | null;
}

/** One line of the tray. A new object whenever something in it changed. */
export interface UploadItem {
  readonly id: string;
  readonly name: string;
  /** Folder names between the place that was dropped on and the file. */
  readonly path: readonly string[];
  readonly parentId: string | null;
  readonly size: number;
  readonly state: UploadState;
  readonly hashedBytes: number;
  readonly sentBytes: number;
  readonly failure: UploadFailure | null;
  readonly fileId: string | null;
  /** The browser kept a handle to the file: one click to allow reading is enough. */
  readonly canAllow: boolean;
  /** Waiting before the next try: the network is away or the server asked to slow down. */
  readonly waiting: boolean;
}

export interface UploadSnapshot {
  readonly items: readonly UploadItem[];
  readonly counts: Readonly<Record<UploadState, number>>;
  readonly totalBytes: number;
  readonly sentBytes: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
}

export interface FileToUpload {
  readonly file: File;
  /** Folder names above the file, without the file's own name. */
  readonly path: readonly string[];
  readonly handle?: FileSystemFileHandle | undefined;
}

/** The engine's own record of one upload. Only `Uploader` and `Transfer` write to it. */
export interface Upload {
  readonly id: string;
  readonly order: number;
  key: string;
  readonly name: string;
  readonly path: readonly string[];
  readonly parentId: string | null;
  readonly size: number;
  lastModified: number;
  mediaType: string;
  file: File | null;
  handle: FileSystemFileHandle | null;
  state: UploadState;
  hashedBytes: number;
  sentBytes: number;
  failure: UploadFailure | null;
  waiting: boolean;
  fileId: string | null;
  /** The upload that the server holds open, if one is known. */
  known: KnownUpload | null;
  /** Part digests, base64, by part number − 1. */
  digests: (string | undefined)[];
  onConflict: OnConflict;
  /** Listed by the server but started elsewhere: this browser has no journal record of it. */
  remote: boolean;
}

export function emptyCounts(): Record<UploadState, number> {
  return {
    queued: 0,
    hashing: 0,
    negotiating: 0,
    sending: 0,
    completing: 0,
    done: 0,
    deduplicated: 0,
    paused: 0,
    "needs-file": 0,
    conflict: 0,
    failed: 0,
  };
}

export function newUpload(
  order: number,
  from: Pick<Upload, "key" | "name" | "path" | "parentId" | "size" | "lastModified" | "mediaType">,
): Upload {
  const { key, name, path, parentId, size, lastModified, mediaType } = from;
  return {
    ...{ id: String(order), order, key, name, path, parentId, size, lastModified, mediaType },
    file: null,
    handle: null,
    state: "queued",
    hashedBytes: 0,
    sentBytes: 0,
    failure: null,
    waiting: false,
    fileId: null,
    known: null,
    digests: [],
    onConflict: "fail",
    remote: false,
  };
}
