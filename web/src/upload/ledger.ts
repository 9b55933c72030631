// All uploads of this page, and the snapshot of them that the page paints: at most ten times a second.

import type { UploadSnapshot } from "./model";
import { ACTIVE_STATES, emptyCounts, FINISHED_STATES, type Upload, type UploadItem } from "./model";
import { Rate } from "./rate";

const HEARTBEAT = 1_000;

export interface LedgerOptions {
  readonly now: () => number;
  readonly emitEvery: number;
  /** Told when the first upload becomes active and when none is any more. */
  readonly onActive: (active: boolean) => void;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #uploads = new Map<string, Upload>();
  readonly #byKey = new Map<string, Upload>();
  readonly #remote = new Set<Upload>();
  readonly #items = new Map<string, UploadItem>();
  readonly #listeners = new Set<() => void>();
  readonly #rate = new Rate();
  #snapshot: UploadSnapshot = this.#paint();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #beating = false;
  #lastEmit = Number.NEGATIVE_INFINITY;
  #active = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): UploadSnapshot => this.#snapshot;

  add(upload: Upload): void {
    this.#uploads.set(upload.id, upload);
    this.#byKey.set(upload.key, upload);
    if (upload.remote) this.#remote.add(upload);
    this.#soon();
  }

  get(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  has(upload: Upload): boolean {
    return this.#uploads.get(upload.id) === upload;
  }

  withKey(key: string): Upload | undefined {
    return this.#byKey.get(key);
  }

  /** A file chosen for an upload from elsewhere gives it its key. */
  rekey(upload: Upload, key: string): void {
    if (this.#byKey.get(upload.key) === upload) this.#byKey.delete(upload.key);
    upload.key = key;
    this.#byKey.set(key, upload);
  }

  /** Uploads that another browser began; there are few of them. */
  remote(): readonly Upload[] {
    return [...this.#remote].filter((upload) => upload.remote);
  }

  all(): Upload[] {
    return [...this.#uploads.values()];
  }

  remove(upload: Upload): void {
    this.#uploads.delete(upload.id);
    this.#items.delete(upload.id);
    this.#remote.delete(upload);
    if (this.#byKey.get(upload.key) === upload) this.#byKey.delete(upload.key);
    this.#soon();
  }

  changed(upload: Upload): void {
    this.#items.delete(upload.id);
    this.#soon();
  }

  moved(bytes: number): void {
    this.#rate.moved(bytes);
  }

  #soon(): void {
    if (this.#timer !== null && !this.#beating) return;
    // The heartbeat is further away than the next permitted emission.
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#beating = false;
    const since = this.#options.now() - this.#lastEmit;
    this.#timer = setTimeout(() => this.#emit(), Math.max(0, this.#options.emitEvery - since));
  }

  #emit(): void {
    this.#timer = null;
    this.#beating = false;
    this.#lastEmit = this.#options.now();
    this.#rate.sample(this.#lastEmit);
    this.#snapshot = this.#paint();
    const active = [...ACTIVE_STATES].some((state) => this.#snapshot.counts[state] > 0);
    if (active !== this.#active) {
      this.#active = active;
      this.#rate.reset();
      if (active) this.#rate.begin(this.#lastEmit);
      this.#options.onActive(active);
    }
    for (const listener of this.#listeners) listener();
    // A stalled connection sends no progress: the speed shown must sink all the same.
    if (!this.#active || this.#timer !== null) return;
    this.#beating = true;
    this.#timer = setTimeout(() => this.#emit(), HEARTBEAT);
  }

  #paint(): UploadSnapshot {
    const counts = emptyCounts();
    const items: UploadItem[] = [];
    let totalBytes = 0;
    let sentBytes = 0;
    let movingBytes = 0;
    for (const upload of this.#uploads.values()) {
      counts[upload.state] += 1;
      items.push(this.#itemOf(upload));
      totalBytes += upload.size;
      const sent = FINISHED_STATES.has(upload.state) ? upload.size : upload.sentBytes;
      sentBytes += sent;
      if (upload.state === "queued" || ACTIVE_STATES.has(upload.state)) {
        movingBytes += upload.size - sent;
      }
    }
    return {
      items,
      counts,
      totalBytes,
      sentBytes,
      bytesPerSecond: this.#rate.bytesPerSecond,
      secondsLeft: movingBytes === 0 ? null : this.#rate.secondsLeft(movingBytes),
    };
  }

  #itemOf(upload: Upload): UploadItem {
    const known = this.#items.get(upload.id);
    if (known !== undefined) return known;
    const { id, name, path, parentId, size, state, hashedBytes, sentBytes } = upload;
    const item: UploadItem = {
      id,
      name,
      path,
      parentId,
      size,
      state,
      hashedBytes,
      sentBytes,
      failure: upload.failure,
      fileId: upload.fileId,
      canAllow: state === "needs-file" && upload.handle !== null,
      waiting: upload.waiting,
    };
    this.#items.set(id, item);
    return item;
  }
}
