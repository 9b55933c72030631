// Runs transfers: holds each upload's lock, takes it through its two stages, and stops it cleanly.

import { failureOf, isNameTaken, SENT_BY_OTHER_TAB } from "./failure";
import type { TransferKit } from "./kit";
import type { Ledger } from "./ledger";
import type { UploadLocks } from "./locks";
import type { Upload, UploadState } from "./model";
import { UnreadableError } from "./port";
import { UploadQueue } from "./queue";
import { type Delivered, Transfer } from "./transfer";

export interface RunnerEvents {
  readonly delivered: (upload: Upload, delivered: Delivered) => void;
  readonly nameTaken: (upload: Upload) => void;
}

interface Run {
  readonly controller: AbortController;
  /** Resolves when nothing of this run touches the upload any more. */
  ended: Promise<void>;
  transfer: Transfer | null;
  letGo: () => void;
}

export class Runner {
  readonly #kit: TransferKit;
  readonly #ledger: Ledger;
  readonly #locks: UploadLocks;
  readonly #events: RunnerEvents;
  readonly queue: UploadQueue;
  readonly #runs = new Map<Upload, Run>();

  constructor(kit: TransferKit, ledger: Ledger, locks: UploadLocks, events: RunnerEvents) {
    this.#kit = kit;
    this.#ledger = ledger;
    this.#locks = locks;
    this.#events = events;
    this.queue = new UploadQueue(kit.slots, {
      prepare: (upload) => {
        const run = this.#startRun(upload);
        this.#stage(upload, run, () => this.#prepare(upload, run));
      },
      deliver: (upload) => {
        const run = this.#runs.get(upload);
        if (run !== undefined) this.#stage(upload, run, () => this.#deliver(upload, run));
      },
    });
  }

  /** Breaks the upload off and leaves it in the given state; resolves when it is quiet. */
  async stop(upload: Upload, state: UploadState): Promise<void> {
    const run = this.#runs.get(upload);
    this.queue.left(upload);
    this.#enter(upload, state);
    if (run === undefined) return;
    run.controller.abort();
    await run.ended;
    this.#endRun(upload, run);
  }

  #startRun(upload: Upload): Run {
    const before = this.#runs.get(upload);
    const run: Run = {
      controller: new AbortController(),
      ended: before === undefined ? Promise.resolve() : before.ended,
      transfer: null,
      letGo: () => before?.letGo(),
    };
    this.#runs.set(upload, run);
    return run;
  }

  #endRun(upload: Upload, run: Run): void {
    run.letGo();
    run.letGo = () => {};
    if (this.#runs.get(upload) === run) this.#runs.delete(upload);
  }

  #stage(upload: Upload, run: Run, work: () => Promise<void>): void {
    const quiet = run.ended;
    run.ended = quiet.then(work).catch((error) => {
      if (run.controller.signal.aborted) return;
      this.queue.left(upload);
      this.#endRun(upload, run);
      this.#fail(upload, error);
      this.queue.pump();
    });
  }

  async #prepare(upload: Upload, run: Run): Promise<void> {
    run.letGo();
    const { signal } = run.controller;
    signal.throwIfAborted();
    const letGo = await this.#locks.hold(upload.key);
    if (letGo === null) {
      this.queue.left(upload);
      this.#endRun(upload, run);
      upload.failure = SENT_BY_OTHER_TAB;
      this.#enter(upload, "failed");
      return this.queue.pump();
    }
    run.letGo = letGo;
    signal.throwIfAborted();
    run.transfer = new Transfer(upload, upload.file as File, this.#kit, signal);
    await run.transfer.prepare();
    signal.throwIfAborted();
    this.queue.prepared(upload);
  }

  async #deliver(upload: Upload, run: Run): Promise<void> {
    const delivered = await (run.transfer as Transfer).deliver();
    if (run.controller.signal.aborted) return;
    this.queue.left(upload);
    this.#endRun(upload, run);
    this.#enter(upload, delivered.deduplicated ? "deduplicated" : "done");
    this.#events.delivered(upload, delivered);
    this.queue.pump();
  }

  #fail(upload: Upload, error: unknown): void {
    if (isNameTaken(error)) {
      this.#enter(upload, "conflict");
      this.#events.nameTaken(upload);
      return;
    }
    upload.failure = failureOf(error);
    if (error instanceof UnreadableError) {
      upload.file = null;
      this.#enter(upload, "needs-file");
      return;
    }
    this.#enter(upload, "failed");
  }

  #enter(upload: Upload, state: UploadState): void {
    upload.state = state;
    upload.waiting = false;
    this.#ledger.changed(upload);
  }
}
