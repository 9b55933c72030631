// Decides which file is worked on next: up to six on the wire, and one digested ahead of them, so
// that neither the processor nor the network waits for the other.

import type { Upload } from "./model";
import { planParts } from "./plan";
import type { Slots } from "./slots";

const FILES_AT_ONCE = 6;

export interface QueueSteps {
  readonly prepare: (upload: Upload) => void;
  readonly deliver: (upload: Upload) => void;
}

export class UploadQueue {
  readonly #slots: Slots;
  readonly #steps: QueueSteps;
  #queued: Upload[] = [];
  readonly #preparing = new Set<Upload>();
  readonly #ready: Upload[] = [];
  readonly #delivering = new Set<Upload>();

  constructor(slots: Slots, steps: QueueSteps) {
    this.#slots = slots;
    this.#steps = steps;
  }

  get idle(): boolean {
    return (
      this.#next() === undefined &&
      this.#preparing.size + this.#ready.length + this.#delivering.size === 0
    );
  }

  append(uploads: readonly Upload[]): void {
    this.#queued = this.#queued.concat(uploads);
    this.pump();
  }

  /** What a person asks for by hand goes before what waits. */
  prepend(uploads: readonly Upload[]): void {
    this.#queued = uploads.concat(this.#queued);
    this.pump();
  }

  prepared(upload: Upload): void {
    if (!this.#preparing.delete(upload)) return;
    this.#ready.push(upload);
    this.pump();
  }

  /** The upload ended or was stopped; wherever it was, its place is free. */
  left(upload: Upload): void {
    this.#preparing.delete(upload);
    this.#delivering.delete(upload);
    const at = this.#ready.indexOf(upload);
    if (at >= 0) this.#ready.splice(at, 1);
  }

  clear(): void {
    this.#queued = [];
  }

  pump(): void {
    while (this.#room > 0 && this.#ready.length > 0) {
      const upload = this.#ready.shift() as Upload;
      this.#delivering.add(upload);
      this.#steps.deliver(upload);
    }
    while (this.#preparing.size + this.#ready.length < Math.max(1, this.#room)) {
      const next = this.#next();
      if (next === undefined || !this.#mayPrepareBeside(next)) return;
      this.#queued.shift();
      this.#preparing.add(next);
      this.#steps.prepare(next);
    }
  }

  /** States change while an upload waits here (paused, cancelled); only the queued are due. */
  #next(): Upload | undefined {
    while (this.#queued.length > 0 && this.#queued[0]?.state !== "queued") this.#queued.shift();
    return this.#queued[0];
  }

  get #room(): number {
    return this.#slots.saturated ? 0 : FILES_AT_ONCE - this.#delivering.size;
  }

  /** A large file gets all hash workers, or the first byte would wait for the digests of its neighbours. */
  #mayPrepareBeside(next: Upload): boolean {
    if (this.#preparing.size === 0) return true;
    return [next, ...this.#preparing].every((upload) => planParts(upload.size).partCount === 1);
  }
}
