// The page's one uploader. It lives outside React: screens come and go, uploads go on.

import { readDrop } from "./drop";
import { browserHasher } from "./hasher";
import { httpApi } from "./http-api";
import { forgetfulJournal, IndexedDbJournal } from "./journal";
import { browserLocks } from "./locks";
import { browserPace, randomId } from "./pace";
import { browserSurroundings, parallelPuts } from "./parallel";
import { xhrPut } from "./put";
import { Uploader } from "./uploader";

export type {
  ConflictChoice,
  FileToUpload,
  UploadItem,
  UploadSnapshot,
  UploadState,
} from "./model";
export { filesOf, pickFiles, pickFolder } from "./pick";
export type { FileDone } from "./uploader";

class PageUploader extends Uploader {
  /**
   * Must be called inside the drop event, before anything is awaited. Rejects, after all else is
   * under way, with a sentence on what the browser could not read.
   */
  async enqueueDrop(dataTransfer: DataTransfer, parentId: string | null): Promise<void> {
    const { files, emptyFolders, unreadable } = await readDrop(dataTransfer);
    this.enqueueFiles(files, parentId);
    await this.enqueueFolders(emptyFolders, parentId);
    const [first, ...others] = unreadable;
    if (first === undefined) return;
    const rest = others.length > 0 ? ` and ${others.length} more` : "";
    throw new Error(`“${first}”${rest} could not be read and is not uploaded.`);
  }
}

export const uploader = new PageUploader({
  api: httpApi,
  put: xhrPut,
  hasher: browserHasher(),
  journal: typeof indexedDB === "undefined" ? forgetfulJournal : new IndexedDbJournal(),
  locks: browserLocks(randomId()),
  pace: browserPace,
  parallel: (storeUrl) => parallelPuts(storeUrl, browserSurroundings()),
  guardLeaving: (guard) => {
    if (guard) addEventListener("beforeunload", askBeforeLeaving);
    else removeEventListener("beforeunload", askBeforeLeaving);
  },
});

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
