// @vitest-environment node
import { expect, test } from "vitest";
import type { HashJob, HashResult } from "./hash.worker";
import { type HashWorker, WorkerHasher } from "./hasher";
import { isAbort, UnreadableError } from "./port";

/** A worker whose answers the test gives. */
class TestWorker implements HashWorker {
  onmessage: HashWorker["onmessage"] = null;
  onerror: HashWorker["onerror"] = null;
  readonly jobs: HashJob[] = [];
  ended = false;

  postMessage(job: HashJob): void {
    this.jobs.push(job);
  }

  terminate(): void {
    this.ended = true;
  }

  answer(result: HashResult): void {
    this.onmessage?.call(this as unknown as Worker, { data: result } as MessageEvent);
  }

  break(): void {
    this.onerror?.call(this as unknown as Worker, {} as ErrorEvent);
  }
}

function hasherWith(cores: number): { hasher: WorkerHasher; workers: TestWorker[] } {
  const workers: TestWorker[] = [];
  const start = () => {
    const worker = new TestWorker();
    workers.push(worker);
    return worker;
  };
  return { hasher: new WorkerHasher(start, cores), workers };
}

const never = new AbortController().signal;

test("one core stays free and four workers are the most", () => {
  expect([1, 2, 4, 5, 64].map((cores) => hasherWith(cores).hasher.width)).toEqual([1, 1, 3, 4, 4]);
});

test("a worker has one blob at a time; the others wait their turn", async () => {
  const { hasher, workers } = hasherWith(3);
  const digests = ["a", "b", "c"].map((text) => hasher.digest(new Blob([text]), never));
  expect(workers.map((worker) => worker.jobs.length)).toEqual([1, 1]);
  workers[1]?.answer({ id: 0, digest: "second" });
  expect(workers.map((worker) => worker.jobs.length)).toEqual([1, 2]);
  workers[1]?.answer({ id: 0, digest: "third" });
  workers[0]?.answer({ id: 0, digest: "first" });
  expect(await Promise.all(digests)).toEqual(["first", "second", "third"]);
});

test("a digest that is no longer wanted is not begun", async () => {
  const { hasher, workers } = hasherWith(2);
  const running = hasher.digest(new Blob(["a"]), never);
  const stop = new AbortController();
  const waiting = hasher.digest(new Blob(["b"]), stop.signal);
  stop.abort();
  await expect(waiting).rejects.toSatisfy(isAbort);
  workers[0]?.answer({ id: 0, digest: "a" });
  await running;
  expect(workers[0]?.jobs).toHaveLength(1);
});

test("a file that cannot be read is told from a digest that failed", async () => {
  const { hasher, workers } = hasherWith(2);
  const digest = hasher.digest(new Blob(["a"]), never);
  workers[0]?.answer({ id: 0, unreadable: true, message: "gone" });
  await expect(digest).rejects.toBeInstanceOf(UnreadableError);
});

test("a worker that breaks is replaced and the next digest runs", async () => {
  const { hasher, workers } = hasherWith(2);
  const broken = hasher.digest(new Blob(["a"]), never);
  const next = hasher.digest(new Blob(["b"]), never);
  workers[0]?.break();
  await expect(broken).rejects.toThrow("could not run");
  expect(workers[0]?.ended).toBe(true);
  workers[1]?.answer({ id: 0, digest: "b" });
  expect(await next).toBe("b");
});
