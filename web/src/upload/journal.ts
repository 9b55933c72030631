// What must outlive the page: one IndexedDB record per unfinished file, and the digests of its parts.
// Which parts arrived is not written here: the server knows it better. Digests are kept apart from
// the record, so that a file of ten thousand parts does not rewrite all of them for each one.

import type { OnConflict } from "./port";

export interface KnownUpload {
  readonly fileId: string;
  readonly uploadId: string | null;
}

export interface JournalRecord {
  readonly key: string;
  readonly userId: string;
  /** The page load that works on it; see `locks.ts`. */
  readonly tab: string;
  readonly parentId: string | null;
  readonly path: readonly string[];
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
  readonly mediaType: string;
  readonly onConflict: OnConflict;
  readonly known: KnownUpload | null;
  readonly handle: FileSystemFileHandle | null;
}

export interface Journal {
  load(userId: string): Promise<readonly JournalRecord[]>;
  put(record: JournalRecord): Promise<void>;
  /** Writes in batches; a record that is no longer wanted when its batch comes is left out. */
  putMany(records: readonly JournalRecord[], wanted: (key: string) => boolean): Promise<void>;
  putDigests(key: string, digests: ReadonlyMap<number, string>): Promise<void>;
  digests(key: string): Promise<ReadonlyMap<number, string>>;
  remove(keys: readonly string[]): Promise<void>;
  wipe(userId: string): Promise<void>;
}

/** The place, the name, the size and the date of a file: choosing the same one again gives the same key. */
export function journalKey(
  userId: string,
  parentId: string | null,
  path: readonly string[],
  file: { readonly name: string; readonly size: number; readonly lastModified: number },
): string {
  return JSON.stringify([userId, parentId, path, file.name, file.size, file.lastModified]);
}

const UPLOADS = "uploads";
const DIGESTS = "digests";
const BATCH = 500;

export class IndexedDbJournal implements Journal {
  readonly #name: string;
  readonly #factory: IDBFactory;
  #open: Promise<IDBDatabase> | null = null;

  constructor(name = "fardel-uploads", factory: IDBFactory = indexedDB) {
    this.#name = name;
    this.#factory = factory;
  }

  async load(userId: string): Promise<readonly JournalRecord[]> {
    const database = await this.#database();
    const store = database.transaction(UPLOADS, "readonly").objectStore(UPLOADS);
    return answer(store.index("userId").getAll(userId));
  }

  put(record: JournalRecord): Promise<void> {
    return this.putMany([record], () => true);
  }

  async putMany(
    records: readonly JournalRecord[],
    wanted: (key: string) => boolean,
  ): Promise<void> {
    const database = await this.#database();
    for (let at = 0; at < records.length; at += BATCH) {
      const transaction = database.transaction(UPLOADS, "readwrite");
      const store = transaction.objectStore(UPLOADS);
      for (const record of records.slice(at, at + BATCH)) if (wanted(record.key)) store.put(record);
      await end(transaction);
    }
  }

  async putDigests(key: string, digests: ReadonlyMap<number, string>): Promise<void> {
    const transaction = (await this.#database()).transaction(DIGESTS, "readwrite");
    const store = transaction.objectStore(DIGESTS);
    for (const [partNumber, digest] of digests) store.put(digest, [key, partNumber]);
    await end(transaction);
  }

  async digests(key: string): Promise<ReadonlyMap<number, string>> {
    const transaction = (await this.#database()).transaction(DIGESTS, "readonly");
    const store = transaction.objectStore(DIGESTS);
    const [keys, values] = await Promise.all([
      answer(store.getAllKeys(digestsOf(key))),
      answer(store.getAll(digestsOf(key))),
    ]);
    return new Map(keys.map((of, at) => [(of as [string, number])[1], values[at] as string]));
  }

  async remove(keys: readonly string[]): Promise<void> {
    const database = await this.#database();
    for (let at = 0; at < keys.length; at += BATCH) {
      const transaction = database.transaction([UPLOADS, DIGESTS], "readwrite");
      for (const key of keys.slice(at, at + BATCH)) {
        transaction.objectStore(UPLOADS).delete(key);
        transaction.objectStore(DIGESTS).delete(digestsOf(key));
      }
      await end(transaction);
    }
  }

  async wipe(userId: string): Promise<void> {
    const records = await this.load(userId);
    await this.remove(records.map((record) => record.key));
  }

  #database(): Promise<IDBDatabase> {
    this.#open ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.#factory.open(this.#name, 1);
      request.onupgradeneeded = () => {
        const uploads = request.result.createObjectStore(UPLOADS, { keyPath: "key" });
        uploads.createIndex("userId", "userId");
        request.result.createObjectStore(DIGESTS);
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    }).catch((error) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }
}

/** Keeps nothing: for browsers that forbid IndexedDB, where uploads work but do not survive a reload. */
export const forgetfulJournal: Journal = {
  load: async () => [],
  put: async () => {},
  putMany: async () => {},
  putDigests: async () => {},
  digests: async () => new Map(),
  remove: async () => {},
  wipe: async () => {},
};

function digestsOf(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key, 0], [key, Number.MAX_SAFE_INTEGER]);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function end(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
