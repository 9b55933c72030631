// The uploader: takes files, runs their transfers, and does what people ask of them. It knows no
// React; a page reads `getSnapshot` through `useSyncExternalStore` and may come and go meanwhile.

import { readAsking } from "./file-handle";
import { FolderTree } from "./folders";
import { type Journal, type JournalRecord, journalKey } from "./journal";
import type { TransferKit } from "./kit";
import { Ledger } from "./ledger";
import type { UploadLocks } from "./locks";
import {
  ACTIVE_STATES,
  type ConflictChoice,
  FINISHED_STATES,
  type FileToUpload,
  newUpload,
  type Upload,
  type UploadSnapshot,
} from "./model";
import type { Hasher, Pace, Put, UnfinishedUpload, UploadApi, UploadedFile } from "./port";
import { restore } from "./restore";
import { withRetry } from "./retry";
import { Runner } from "./runner";
import { Slots } from "./slots";
import type { Delivered } from "./transfer";

const ABORTS_AT_ONCE = 4;

export interface UploaderOptions {
  readonly api: UploadApi;
  readonly put: Put;
  readonly hasher: Hasher;
  readonly journal: Journal;
  readonly locks: UploadLocks;
  readonly pace: Pace;
  /** PUTs at once for the store at this URL; null before one is known. */
  readonly parallel: (storeUrl: string | null) => number;
  /** Called with true while leaving the page would break something off. */
  readonly guardLeaving: (guard: boolean) => void;
  readonly emitEvery?: number;
}

export interface FileDone {
  /** Null for a folder that was made without files in it. */
  readonly file: UploadedFile | null;
  /** Where the files were dropped; the file itself may be deeper. */
  readonly droppedOn: string | null;
  readonly deduplicated: boolean;
}

export class Uploader {
  readonly #options: UploaderOptions;
  readonly #ledger: Ledger;
  readonly #folders: FolderTree;
  readonly #slots: Slots;
  readonly #runner: Runner;
  readonly #doneListeners = new Set<(done: FileDone) => void>();
  readonly #toAbort: string[] = [];
  #aborting = 0;
  #userId: string | null = null;
  #loaded: Promise<void> = Promise.resolve();
  /** Added before the page knew who is signed in. */
  readonly #early: [readonly FileToUpload[], string | null][] = [];
  #order = 0;
  #storeSeen = false;
  /** The answer "for all" to name conflicts; forgotten when the queue has run empty. */
  #answerForAll: ConflictChoice | null = null;

  constructor(options: UploaderOptions) {
    const { api, pace } = options;
    this.#options = options;
    this.#ledger = new Ledger({
      now: pace.now,
      emitEvery: options.emitEvery ?? 100,
      onActive: options.guardLeaving,
    });
    this.#folders = new FolderTree((name, parentId, signal) =>
      withRetry(
        pace,
        signal,
        () => {},
        () => api.makeFolder(name, parentId, signal),
      ),
    );
    this.#slots = new Slots(options.parallel(null), () => this.#runner.queue.pump());
    const kit: TransferKit = {
      ...options,
      slots: this.#slots,
      folders: this.#folders,
      changed: (upload) => this.#ledger.changed(upload),
      record: (upload) => this.#record(upload),
      moved: (bytes) => this.#ledger.moved(bytes),
      storeSeen: (url) => this.#chooseParallel(url),
      leftElsewhere: (upload, folderId) => this.#takeLeftElsewhere(upload, folderId),
      adopted: (upload) => this.#adopted(upload),
    };
    this.#runner = new Runner(kit, this.#ledger, options.locks, {
      delivered: (upload, delivered) => this.#delivered(upload, delivered),
      nameTaken: (upload) => {
        // Once answered and still taken (a folder of that name): only a person can solve it.
        const answer = upload.onConflict === "fail" ? this.#answerForAll : null;
        if (answer !== null) this.#answer([upload], answer);
      },
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#ledger.subscribe(listener);
  readonly getSnapshot = (): UploadSnapshot => this.#ledger.getSnapshot();

  onFileDone(listener: (done: FileDone) => void): () => void {
    this.#doneListeners.add(listener);
    return () => this.#doneListeners.delete(listener);
  }

  /** Lists what earlier visits and other browsers left unfinished; resolves when all of it is there. */
  async start(userId: string): Promise<void> {
    if (this.#userId === userId) return this.#loaded;
    if (this.#userId !== null) this.#forgetAll();
    this.#userId = userId;
    const whileSignedIn =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) => {
        if (this.#userId === userId) act(...args);
      };
    const { journalLoaded, everything } = restore({
      ...this.#options,
      userId,
      add: whileSignedIn((from) => this.#addRestored(from)),
      finished: whileSignedIn((key, file) => {
        const upload = this.#ledger.withKey(key);
        if (upload?.state !== "needs-file") return;
        this.#ledger.remove(upload);
        this.#delivered(upload, { file, deduplicated: false });
      }),
      readable: whileSignedIn((key, file, handle) => {
        const upload = this.#ledger.withKey(key);
        if (upload !== undefined) this.chooseAgain(upload.id, file, handle);
      }),
    });
    this.#loaded = journalLoaded;
    for (const [files, parentId] of this.#early.splice(0)) this.enqueueFiles(files, parentId);
    await everything;
  }

  /** Stops all, forgets all and leaves nothing of this user on the disk. */
  async signOut(): Promise<void> {
    const userId = this.#userId;
    this.#userId = null;
    this.#forgetAll();
    if (userId !== null) await this.#options.journal.wipe(userId).catch(() => {});
  }

  enqueueFiles(files: readonly FileToUpload[], parentId: string | null): void {
    const userId = this.#userId;
    if (userId === null) {
      this.#early.push([files, parentId]);
      return;
    }
    // What is in the journal must be known first: these files may be the ones it asks for.
    void this.#loaded.then(() => {
      if (this.#userId === userId) this.#enqueue(userId, files, parentId);
    });
  }

  /** Makes folders that hold no files; the others are made with their first file. */
  async enqueueFolders(
    paths: readonly (readonly string[])[],
    parentId: string | null,
  ): Promise<void> {
    for (const path of paths) {
      await this.#folders.idOf(parentId, path);
      this.#tellDone({ file: null, droppedOn: parentId, deduplicated: false });
    }
  }

  pause(id: string): void {
    const upload = this.#ledger.get(id);
    if (upload === undefined || !isUnderWay(upload)) return;
    void this.#runner.stop(upload, "paused");
    this.#runner.queue.pump();
  }

  pauseAll(): void {
    this.#runner.queue.clear();
    for (const upload of this.#ledger.all()) {
      if (isUnderWay(upload)) void this.#runner.stop(upload, "paused");
    }
  }

  /** Goes on with what was paused, or tries again what failed. */
  resume(id: string): void {
    const upload = this.#ledger.get(id);
    if (upload !== undefined && isWaitingForPerson(upload)) this.#requeue([upload]);
  }

  resumeAll(): void {
    this.#requeue(this.#ledger.all().filter(isWaitingForPerson));
  }

  cancel(id: string): void {
    const upload = this.#ledger.get(id);
    if (upload === undefined) return;
    this.#drop([upload]);
    this.#runner.queue.pump();
  }

  cancelAll(): void {
    this.#runner.queue.clear();
    this.#drop(this.#ledger.all().filter((upload) => !FINISHED_STATES.has(upload.state)));
  }

  clearFinished(): void {
    for (const upload of this.#ledger.all()) {
      if (FINISHED_STATES.has(upload.state)) this.#ledger.remove(upload);
    }
  }

  solveConflict(id: string, choice: ConflictChoice, forAll: boolean): void {
    const chosen = this.#ledger.get(id);
    if (chosen === undefined) return;
    if (forAll) this.#answerForAll = choice;
    const asked = forAll ? this.#ledger.all() : [chosen];
    this.#answer(
      asked.filter((upload) => upload.state === "conflict"),
      choice,
    );
  }

  /** Gives a needs-file upload its file again. False when it is another file. */
  chooseAgain(id: string, file: File, handle: FileSystemFileHandle | null = null): boolean {
    const upload = this.#ledger.get(id);
    if (upload?.state !== "needs-file") return false;
    const same =
      file.name === upload.name &&
      file.size === upload.size &&
      (upload.remote || file.lastModified === upload.lastModified);
    if (!same) return false;
    this.#attach(upload, file, handle);
    this.#requeue([upload]);
    return true;
  }

  /** Asks the browser to read the kept handle again; must be called from a click. */
  async allow(id: string): Promise<boolean> {
    const handle = this.#ledger.get(id)?.handle ?? null;
    if (handle === null) return false;
    const file = await readAsking(handle);
    return file !== null && this.chooseAgain(id, file, handle);
  }

  #enqueue(userId: string, files: readonly FileToUpload[], parentId: string | null): void {
    // A new batch begins with a clean tray; while anything is unfinished, all lines stay.
    if (this.#ledger.all().every((upload) => FINISHED_STATES.has(upload.state))) {
      this.clearFinished();
    }
    const added: Upload[] = [];
    const again: Upload[] = [];
    for (const { file, path, handle = null } of files) {
      const key = journalKey(userId, parentId, path, file);
      const open = this.#ledger.withKey(key);
      if (open === undefined || FINISHED_STATES.has(open.state)) {
        const upload = this.#newUpload({ ...traitsOf(file), key, parentId, path });
        this.#ledger.add(Object.assign(upload, { file, handle }));
        added.push(upload);
      } else if (open.state === "needs-file") {
        this.#attach(open, file, handle);
        again.push(open);
      } else if (isWaitingForPerson(open)) {
        again.push(open);
      }
    }
    const records = added.map((upload) => this.#recordOf(upload, userId));
    // One that was started meanwhile has written a fuller record, or needs none any more.
    const wanted = (key: string) => {
      const upload = this.#ledger.withKey(key);
      return upload?.known === null && !FINISHED_STATES.has(upload.state);
    };
    void this.#options.journal.putMany(records, wanted).catch(() => {});
    this.#requeue(again);
    this.#runner.queue.append(added);
  }

  #newUpload(from: Parameters<typeof newUpload>[1]): Upload {
    this.#order += 1;
    return newUpload(this.#order, from);
  }

  #addRestored(from: JournalRecord | UnfinishedUpload): void {
    if (!("fileId" in from)) {
      const { known, handle, onConflict } = from;
      if (this.#ledger.withKey(from.key) !== undefined) return;
      const state = { state: "needs-file", fileId: known?.fileId ?? null } as const;
      this.#ledger.add(
        Object.assign(this.#newUpload(from), { ...state, known, handle, onConflict }),
      );
      return;
    }
    const { fileId, name, parentId, size } = from;
    if (this.#ledger.all().some((upload) => upload.fileId === fileId)) return;
    const key = `elsewhere:${fileId}`;
    const blank = { key, name, path: [], parentId, size, lastModified: 0, mediaType: "" };
    this.#ledger.add(
      Object.assign(this.#newUpload(blank), {
        state: "needs-file" as const,
        remote: true,
        fileId,
        known: { fileId, uploadId: null },
      }),
    );
  }

  #attach(upload: Upload, file: File, handle: FileSystemFileHandle | null): void {
    upload.file = file;
    upload.handle = handle ?? upload.handle;
    if (!upload.remote) return;
    Object.assign(upload, traitsOf(file), { remote: false });
    this.#ledger.rekey(upload, journalKey(this.#userId ?? "", upload.parentId, upload.path, file));
  }

  /** What a person asks for by hand goes before what waits. */
  #requeue(uploads: readonly Upload[]): void {
    for (const upload of uploads) {
      upload.state = "queued";
      upload.failure = null;
      this.#ledger.changed(upload);
      this.#record(upload);
    }
    this.#runner.queue.prepend(uploads);
  }

  #answer(uploads: readonly Upload[], choice: ConflictChoice): void {
    if (choice === "skip") {
      this.#drop(uploads);
      return;
    }
    for (const upload of uploads) upload.onConflict = choice;
    this.#requeue(uploads);
  }

  /** Forgets uploads here and on the server. With thousands this must not hold the page up. */
  #drop(uploads: readonly Upload[]): void {
    for (const upload of uploads) {
      const open = FINISHED_STATES.has(upload.state) ? null : upload.fileId;
      const quiet = this.#runner.stop(upload, "paused");
      this.#ledger.remove(upload);
      if (open !== null) void quiet.then(() => this.#abortOnServer(open));
    }
    const keys = uploads.map((upload) => upload.key);
    void this.#options.journal.remove(keys).catch(() => {});
  }

  #abortOnServer(fileId: string): void {
    this.#toAbort.push(fileId);
    while (this.#aborting < ABORTS_AT_ONCE && this.#toAbort.length > 0) {
      this.#aborting += 1;
      void this.#abortNext().finally(() => {
        this.#aborting -= 1;
      });
    }
  }

  async #abortNext(): Promise<void> {
    const { api, pace } = this.#options;
    const { signal } = new AbortController();
    for (let fileId = this.#toAbort.shift(); fileId !== undefined; fileId = this.#toAbort.shift()) {
      const id = fileId;
      // What cannot be aborted now is freed by the server after a day.
      await withRetry(
        pace,
        signal,
        () => {},
        () => api.abort(id),
      ).catch(() => {});
    }
  }

  #forgetAll(): void {
    this.#runner.queue.clear();
    for (const upload of this.#ledger.all()) {
      void this.#runner.stop(upload, "paused");
      this.#ledger.remove(upload);
    }
    this.#early.length = 0;
    this.#folders.forget();
    this.#answerForAll = null;
  }

  #delivered(upload: Upload, { file, deduplicated }: Delivered): void {
    upload.fileId = file.id;
    // The page may close now; and the bytes need not be held in memory by a line of the tray.
    upload.file = null;
    void this.#options.journal.remove([upload.key]).catch(() => {});
    this.#tellDone({ file, droppedOn: upload.parentId, deduplicated });
    if (this.#runner.queue.idle) {
      this.#folders.forget();
      this.#answerForAll = null;
    }
  }

  #tellDone(done: FileDone): void {
    for (const listener of this.#doneListeners) listener(done);
  }

  #record(upload: Upload): void {
    const userId = this.#userId;
    if (userId === null || !this.#ledger.has(upload)) return;
    void this.#options.journal.put(this.#recordOf(upload, userId)).catch(() => {});
  }

  #recordOf(upload: Upload, userId: string): JournalRecord {
    const { key, parentId, path, name, size, lastModified, mediaType } = upload;
    const { onConflict, known, handle } = upload;
    const { tab } = this.#options.locks;
    const file = { key, parentId, path, name, size, lastModified, mediaType };
    return { ...file, userId, tab, onConflict, known, handle };
  }

  /** The server gave an upload its id: a line from elsewhere with the same id is the same upload. */
  #adopted(upload: Upload): void {
    const twin = this.#ledger.remote().find((other) => other.fileId === upload.fileId);
    if (twin !== undefined) this.#ledger.remove(twin);
  }

  #takeLeftElsewhere(upload: Upload, folderId: string | null): UnfinishedUpload | null {
    const left = this.#ledger
      .remote()
      .find(
        (other) =>
          other.name === upload.name && other.size === upload.size && other.parentId === folderId,
      );
    if (left === undefined || left.fileId === null) return null;
    this.#ledger.remove(left);
    const { fileId, name, size, parentId } = left;
    return { fileId, name, size, parentId };
  }

  #chooseParallel(storeUrl: string): void {
    if (this.#storeSeen) return;
    this.#storeSeen = true;
    this.#slots.limit = this.#options.parallel(storeUrl);
  }
}

function traitsOf(file: File): Pick<Upload, "name" | "size" | "lastModified" | "mediaType"> {
  const { name, size, lastModified, type } = file;
  return { name, size, lastModified, mediaType: type };
}

function isUnderWay(upload: Upload): boolean {
  return upload.state === "queued" || ACTIVE_STATES.has(upload.state);
}

function isWaitingForPerson(upload: Upload): boolean {
  return upload.state === "paused" || upload.state === "failed";
}
