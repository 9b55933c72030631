// What one transfer works with, and the errors by which its steps talk to each other.

import type { FolderTree } from "./folders";
import type { Journal } from "./journal";
import type { Upload } from "./model";
import type { Hasher, Pace, Put, UnfinishedUpload, UploadApi } from "./port";
import type { Slots } from "./slots";

export interface TransferKit {
  readonly api: UploadApi;
  readonly put: Put;
  readonly hasher: Hasher;
  readonly journal: Journal;
  readonly pace: Pace;
  readonly slots: Slots;
  readonly folders: FolderTree;
  /** The upload changed: the page is told within a tenth of a second. */
  readonly changed: (upload: Upload) => void;
  /** Writes the upload's journal record anew. */
  readonly record: (upload: Upload) => void;
  /** Bytes went over the wire. */
  readonly moved: (bytes: number) => void;
  /** The first URL of a store was seen: decides how many connections to use. */
  readonly storeSeen: (url: string) => void;
  /** An upload of the same name, size and place that another browser left unfinished. */
  readonly leftElsewhere: (upload: Upload, folderId: string | null) => UnfinishedUpload | null;
  /** The server gave this upload its id: a line for the same id from elsewhere is no longer needed. */
  readonly adopted: (upload: Upload) => void;
}

/** What the server held open is gone or does not fit the file: begin again from the first byte. */
export class StartOver extends Error {
  override readonly name = "StartOver";
}
