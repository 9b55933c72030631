// Shares digests out to a few workers: one blob per worker at a time, so memory is bounded by
// workers × part size whatever the number and size of the files.

import type { HashJob, HashResult } from "./hash.worker";
import { abortError, type Hasher, UnreadableError } from "./port";

export type HashWorker = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

interface Job {
  readonly blob: Blob;
  readonly signal: AbortSignal;
  readonly settle: (result: { digest: string } | { error: unknown }) => void;
}

export class WorkerHasher implements Hasher {
  readonly width: number;
  readonly #start: () => HashWorker;
  readonly #idle: HashWorker[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Map<HashWorker, Job>();

  constructor(start: () => HashWorker, cores: number) {
    this.#start = start;
    this.width = Math.min(4, Math.max(1, cores - 1));
  }

  digest(blob: Blob, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortError());
      const stop = () => {
        const at = this.#queue.indexOf(job);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(abortError());
      };
      const job: Job = {
        blob,
        signal,
        settle: (result) => {
          signal.removeEventListener("abort", stop);
          if ("digest" in result) resolve(result.digest);
          else reject(result.error);
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#queue.push(job);
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? this.#another();
      if (worker === null) return;
      const job = this.#queue.shift() as Job;
      this.#running.set(worker, job);
      worker.postMessage({ id: 0, blob: job.blob } satisfies HashJob);
    }
  }

  #another(): HashWorker | null {
    if (this.#running.size >= this.width) return null;
    const worker = this.#start();
    worker.onmessage = ({ data }: MessageEvent<HashResult>) => {
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      this.#idle.push(worker);
      if ("digest" in data) job?.settle(data);
      else {
        const error = data.unreadable ? new UnreadableError(data.message) : new Error(data.message);
        job?.settle({ error });
      }
      this.#serve();
    };
    worker.onerror = () => {
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      worker.terminate();
      job?.settle({ error: new Error("The hash worker could not run.") });
      this.#serve();
    };
    return worker;
  }
}

export function browserHasher(): Hasher {
  return new WorkerHasher(
    () => new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" }),
    navigator.hardwareConcurrency || 2,
  );
}
