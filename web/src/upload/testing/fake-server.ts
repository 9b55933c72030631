// A server and a store in memory, as strict as the real ones: a PUT is bound to its digest, its
// length, its signature and its first use; names are taken once; parts are kept and counted.

import { planParts } from "../plan";
import {
  abortError,
  NetworkError,
  type OnConflict,
  type PresignAnswer,
  type PresignRequest,
  ProblemError,
  type Put,
  type SignedPart,
  type UploadApi,
  type UploadedFile,
} from "../port";
import type { FakeBlob } from "./fake-file";

type Operation = keyof UploadApi | "put";

interface Stored {
  readonly etag: string;
  readonly size: number;
  readonly digest: string;
}

interface Open {
  readonly fileId: string;
  readonly uploadId: string | null;
  readonly request: PresignRequest;
  readonly digests: Map<number, string>;
  readonly parts: Map<number, Stored>;
  completed: boolean;
}

export interface PutSeen {
  readonly name: string;
  readonly partNumber: number;
  readonly status: number;
}

export class FakeServer {
  readonly puts: PutSeen[] = [];
  readonly calls: string[] = [];
  readonly aborted: string[] = [];
  readonly files: (UploadedFile & { digest: string; size: number })[] = [];
  readonly folders = new Map<string, string>();
  readonly open = new Map<string, Open>();
  mostAtOnce = 0;
  /** Awaited by every PUT before the store looks at it. */
  beforePut: (seen: { name: string; partNumber: number }) => Promise<void> | void = () => {};
  tellsPartDigests = false;
  showsEtags = true;
  /** So many answers of the store get lost after it has taken the bytes. */
  losesAnswers = 0;
  lifetime = 3_600_000;
  #ids = 0;
  #atOnce = 0;
  #epoch = 0;
  readonly #faults = new Map<Operation, unknown[]>();

  /** The next calls of an operation fail with these, one each. For a PUT a number is its status. */
  fail(operation: Operation, ...faults: unknown[]): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), ...faults]);
  }

  /** Every URL given so far is answered 403 from now on. */
  expireLinks(): void {
    this.#epoch += 1;
  }

  putsOf(name: string): number[] {
    const held = this.puts.filter((put) => put.name === name && put.status === 200);
    return held.map((put) => put.partNumber).sort((one, other) => one - other);
  }

  countOf(operation: Operation): number {
    return this.calls.filter((call) => call === operation).length;
  }

  readonly api: UploadApi = {
    presign: async (request, _key, signal) => {
      await this.#enter("presign", signal);
      return this.#presign(request);
    },
    signParts: async (fileId, wanted, signal) => {
      await this.#enter("signParts", signal);
      const open = this.#openOf(fileId);
      if ("partNumbers" in wanted) return wanted.partNumbers.map((part) => this.#sign(open, part));
      return wanted.parts.map(({ partNumber, sha256 }) => {
        open.digests.set(partNumber, sha256);
        return this.#sign(open, partNumber);
      });
    },
    status: async (fileId, signal) => {
      await this.#enter("status", signal);
      const { request, uploadId, parts: stored, completed } = this.#openOf(fileId);
      const held = [...stored].map(([partNumber, { etag, size, digest }]) => ({
        ...{ partNumber, etag, size },
        ...(this.tellsPartDigests && { sha256: digest }),
      }));
      const parts = completed ? [] : held;
      const state = completed ? "completed" : "open";
      return { ...planParts(request.size), state, uploadId, parts };
    },
    unfinished: async () => {
      await this.#enter("unfinished");
      return [...this.open.values()].map(({ fileId, request: { name, size, parentId } }) => ({
        ...{ fileId, name, size, parentId },
      }));
    },
    abort: async (fileId) => {
      await this.#enter("abort");
      this.aborted.push(fileId);
      this.open.delete(fileId);
    },
    complete: async (fileId, uploadId, parts, signal) => {
      await this.#enter("complete", signal);
      const open = this.#openOf(fileId);
      if (open.uploadId !== uploadId) throw problem(409, "not-uploaded");
      const { partCount } = planParts(open.request.size);
      const sent = new Map(parts.map((part) => [part.partNumber, part.etag]));
      const all = Array.from({ length: partCount }, (_, at) => at + 1);
      const missing = all.filter((part) => open.parts.get(part)?.etag !== sent.get(part));
      if (missing.length > 0) {
        throw new ProblemError(409, "parts-missing", "Parts missing", "", { missing });
      }
      open.completed = true;
    },
    confirm: async (fileId, onConflict, signal) => {
      await this.#enter("confirm", signal);
      const done = this.files.find((file) => file.id === fileId);
      if (done !== undefined) return done;
      const open = this.#openOf(fileId);
      const whole = open.uploadId === null ? open.parts.size === 1 : open.completed;
      if (!whole) throw problem(409, "not-uploaded");
      return this.#finish(open, onConflict);
    },
    makeFolder: async (name, parentId, signal) => {
      await this.#enter("makeFolder", signal);
      const place = `${parentId}/${name}`;
      const id = this.folders.get(place) ?? this.#newId("folder");
      this.folders.set(place, id);
      return { id };
    },
  };

  readonly put: Put = async ({ url, body, headers, signal, onProgress }) => {
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      const [, fileId = "", part, epoch] = url.split("|");
      const partNumber = Number(part);
      const name = this.open.get(fileId)?.request.name ?? "?";
      // A turn of the event loop, as a real network takes: pages paint and people click meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      await stoppable(Promise.resolve(this.beforePut({ name, partNumber })), signal);
      await this.#enter("put", signal);
      onProgress(Math.floor(body.size / 2));
      const blob = body as unknown as FakeBlob;
      const status = this.#judge(fileId, partNumber, Number(epoch), blob, headers);
      this.puts.push({ name, partNumber, status });
      if (status === 200) onProgress(body.size);
      if (this.losesAnswers > 0) {
        this.losesAnswers -= 1;
        throw new NetworkError("The answer was lost.");
      }
      const etag = status === 200 && this.showsEtags ? `"${fileId}-${partNumber}"` : null;
      return { status, etag, retryAfterSeconds: null };
    } catch (fault) {
      if (typeof fault === "number") return { status: fault, etag: null, retryAfterSeconds: 2 };
      throw fault;
    } finally {
      this.#atOnce -= 1;
    }
  };

  #judge(
    fileId: string,
    partNumber: number,
    epoch: number,
    blob: FakeBlob,
    headers: Readonly<Record<string, string>>,
  ): number {
    const open = this.open.get(fileId);
    if (open === undefined) return 404;
    if (epoch !== this.#epoch) return 403;
    if (open.parts.has(partNumber)) return 412;
    if (headers["x-amz-checksum-sha256"] !== blob.digest) return 400;
    if (headers["content-length"] !== String(blob.size)) return 400;
    const etag = `"${fileId}-${partNumber}"`;
    open.parts.set(partNumber, { etag, size: blob.size, digest: blob.digest });
    return 200;
  }

  #presign(request: PresignRequest): PresignAnswer {
    const { name, parentId, size, checksum, onConflict } = request;
    const digest = checksum?.parts.join() ?? "";
    const same = this.files.find((file) => checksum !== null && file.digest === digest);
    if (same?.name === name && same.parentId === parentId) return { result: "exists", file: same };
    const taken = this.files.find((file) => file.name === name && file.parentId === parentId);
    if (taken !== undefined && onConflict === "fail") throw problem(409, "name-taken");
    if (same !== undefined) return { result: "exists", file: { ...same, name, parentId } };
    const open = this.#alreadyOpen(request, digest) ?? this.#begin(request);
    const { fileId, uploadId } = open;
    if (uploadId === null) return { result: "single", fileId, ...this.#sign(open, 1) };
    const { partSize, partCount } = planParts(size);
    const first = checksum === null ? 0 : Math.min(100, partCount);
    const parts = Array.from({ length: first }, (_, at) => this.#sign(open, at + 1));
    return { result: "multipart", fileId, uploadId, partSize, partCount, parts };
  }

  #alreadyOpen(request: PresignRequest, digest: string): Open | undefined {
    return [...this.open.values()].find(
      (open) =>
        digest !== "" &&
        open.request.checksum?.parts.join() === digest &&
        open.request.name === request.name &&
        open.request.parentId === request.parentId,
    );
  }

  #begin(request: PresignRequest): Open {
    const multipart = planParts(request.size).partCount > 1;
    const open: Open = {
      fileId: this.#newId("file"),
      uploadId: multipart ? this.#newId("upload") : null,
      request,
      digests: new Map(request.checksum?.parts.map((digest, at) => [at + 1, digest])),
      parts: new Map(),
      completed: false,
    };
    this.open.set(open.fileId, open);
    return open;
  }

  #sign(open: Open, partNumber: number): SignedPart {
    const { size, partSize } = planParts(open.request.size);
    const length = Math.min(partSize, size - (partNumber - 1) * partSize);
    return {
      partNumber,
      url: `https://store.test/|${open.fileId}|${partNumber}|${this.#epoch}`,
      headers: {
        "x-amz-checksum-sha256": open.digests.get(partNumber) ?? "none",
        "content-length": String(length),
      },
      expiresAt: new Date(Date.now() + this.lifetime).toISOString(),
    };
  }

  #finish({ fileId, request }: Open, onConflict: OnConflict): UploadedFile {
    const { name, parentId, size, checksum } = request;
    const clash = this.files.findIndex((file) => file.name === name && file.parentId === parentId);
    if (clash >= 0 && onConflict === "fail") throw problem(409, "name-taken");
    this.open.delete(fileId);
    if (clash >= 0 && onConflict === "replace") this.files.splice(clash, 1);
    const free = clash >= 0 && onConflict === "rename" ? `${name} (1)` : name;
    const digest = checksum?.parts.join() ?? "";
    const file = { id: fileId, name: free, parentId, size, digest };
    this.files.push(file);
    return file;
  }

  #openOf(fileId: string): Open {
    const open = this.open.get(fileId);
    if (open === undefined) throw problem(403, "forbidden");
    return open;
  }

  async #enter(operation: Operation, signal?: AbortSignal): Promise<void> {
    this.calls.push(operation);
    await stoppable(Promise.resolve(), signal);
    const fault = this.#faults.get(operation)?.shift();
    if (fault !== undefined) throw fault;
  }

  #newId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }
}

export function problem(status: number, code: string, retryAfterSeconds?: number): ProblemError {
  return new ProblemError(status, code, code, "", { retryAfterSeconds: retryAfterSeconds ?? null });
}

function stoppable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError());
    const stop = () => reject(abortError());
    signal?.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", stop));
  });
}
