// One file's way from disk to the server: digest, negotiate (or take up what is open), send,
// complete, confirm. Each step is repeated as `retry.ts` says; what the server forgot begins anew.

import type { KnownUpload } from "./journal";
import { StartOver, type TransferKit } from "./kit";
import type { Upload, UploadState } from "./model";
import { randomId } from "./pace";
import { type OpenMultipart, PartSender } from "./parts";
import { DIGEST_FIRST_LIMIT, type PartPlan, partOf, planParts } from "./plan";
import {
  isAbort,
  type PresignAnswer,
  ProblemError,
  type UploadedFile,
  type UploadStatus,
} from "./port";
import { withRetry } from "./retry";
import { sendUntilHeld } from "./sending";

const MOST_STARTS = 3;

export interface Delivered {
  readonly file: UploadedFile;
  readonly deduplicated: boolean;
}

type Session =
  | { readonly kind: "there"; readonly file: UploadedFile; readonly deduplicated: boolean }
  | { readonly kind: "single"; readonly answer: Extract<PresignAnswer, { result: "single" }> }
  | { readonly kind: "multipart"; readonly open: OpenMultipart }
  | { readonly kind: "joined" };

export class Transfer {
  readonly #upload: Upload;
  readonly #file: File;
  readonly #kit: TransferKit;
  readonly #signal: AbortSignal;
  readonly #plan: PartPlan;

  constructor(upload: Upload, file: File, kit: TransferKit, signal: AbortSignal) {
    this.#upload = upload;
    this.#file = file;
    this.#kit = kit;
    this.#signal = signal;
    this.#plan = planParts(upload.size);
  }

  /** Takes the digests that negotiation needs. Nothing to do for an open upload or a very large file. */
  async prepare(): Promise<void> {
    const { digests, key, size } = this.#upload;
    if (this.#openMultipart !== null || size > DIGEST_FIRST_LIMIT) return;
    this.#enter("hashing");
    this.#upload.hashedBytes = 0;
    await this.#eachPart(async (partNumber) => {
      digests[partNumber - 1] ??= await this.#digest(partNumber);
      this.#upload.hashedBytes += partOf(this.#file, this.#plan, partNumber).size;
      this.#kit.changed(this.#upload);
    });
    if (this.#plan.partCount === 1) return;
    const byNumber = digests.map((digest, at) => [at + 1, digest as string] as const);
    await this.#kit.journal.putDigests(key, new Map(byNumber)).catch(() => {});
  }

  /** A single part is always negotiated anew: there is nothing of it to take up. */
  get #openMultipart(): KnownUpload | null {
    return this.#plan.partCount > 1 ? this.#upload.known : null;
  }

  async deliver(): Promise<Delivered> {
    for (let starts = 1; ; starts += 1) {
      try {
        return await this.#deliverOnce();
      } catch (error) {
        if (isConflict(error)) await this.#abortOpen();
        else if (!(error instanceof StartOver)) throw error;
        this.#forgetOpen();
        if (starts === MOST_STARTS) {
          throw new ProblemError(409, "not-uploaded", "The upload did not hold", error.message);
        }
        await this.prepare();
      }
    }
  }

  async #deliverOnce(): Promise<Delivered> {
    this.#enter("negotiating");
    const session = (await this.#takeUp()) ?? (await this.#negotiate());
    if (session.kind === "there") return session;
    if (session.kind === "single") await this.#sendSingle(session.answer);
    if (session.kind === "multipart") await this.#sendMultipart(session.open);
    this.#enter("completing");
    return { file: await this.#confirm(), deduplicated: false };
  }

  /** Goes on with the multipart upload that the journal or the server's list knows, or gives null. */
  async #takeUp(): Promise<Session | null> {
    const known = this.#openMultipart;
    if (known === null) return null;
    let status: UploadStatus;
    try {
      status = await this.#calling(() => this.#kit.api.status(known.fileId, this.#signal));
    } catch (error) {
      if (!isGone(error)) throw error;
      // Its bytes may all have arrived before the page went away: the reconciler then finished it.
      const file = await this.#confirmedMeanwhile(known.fileId);
      if (file !== null) return { kind: "there", file, deduplicated: false };
      throw new StartOver("The server no longer holds this upload.");
    }
    if (isJoined(status)) return { kind: "joined" };
    const uploadId = status.uploadId ?? known.uploadId;
    if (uploadId === null || status.partSize !== this.#plan.partSize) {
      throw new StartOver("The open upload has another shape.");
    }
    const comparison = await this.#compare(status);
    if (comparison === "unknown" && this.#plan.size <= DIGEST_FIRST_LIMIT) {
      // With all digests taken the server itself finds the open upload, if it is of these bytes.
      throw new StartOver("Nothing is known here of the parts that were sent.");
    }
    if (comparison !== "same") {
      await this.#abortOpen();
      throw new StartOver("The file changed since its first parts were sent.");
    }
    return this.#multipart(known.fileId, uploadId, [], status);
  }

  /** Compares one random confirmed part and the first unconfirmed one with their earlier digests. */
  async #compare(status: UploadStatus): Promise<"same" | "different" | "unknown"> {
    const earlier = new Map(await this.#kit.journal.digests(this.#upload.key).catch(() => []));
    for (const { partNumber, sha256 } of status.parts) {
      if (sha256 && !earlier.has(partNumber)) earlier.set(partNumber, sha256);
    }
    const held = status.parts.map((part) => part.partNumber).filter((part) => earlier.has(part));
    if (status.parts.length > 0 && held.length === 0) return "unknown";
    const confirmed = held[Math.floor(this.#kit.pace.random() * held.length)];
    const have = new Set(status.parts.map((part) => part.partNumber));
    const all = Array.from({ length: this.#plan.partCount }, (_, at) => at + 1);
    const next = all.find((partNumber) => !have.has(partNumber));
    for (const partNumber of [confirmed, next]) {
      const digest = partNumber === undefined ? undefined : earlier.get(partNumber);
      if (partNumber === undefined || digest === undefined) continue;
      if ((await this.#digest(partNumber)) !== digest) return "different";
    }
    return "same";
  }

  async #negotiate(): Promise<Session> {
    const { name, size, mediaType, lastModified, digests, onConflict } = this.#upload;
    const folderId = await this.#kit.folders.idOf(this.#upload.parentId, this.#upload.path);
    this.#signal.throwIfAborted();
    const digestsKnown = size <= DIGEST_FIRST_LIMIT;
    if (!digestsKnown) {
      // Without a checksum the server cannot see that it has this upload open already.
      const elsewhere = this.#kit.leftElsewhere(this.#upload, folderId);
      if (elsewhere !== null) {
        this.#setKnown({ fileId: elsewhere.fileId, uploadId: null });
        const session = await this.#takeUp();
        if (session !== null) return session;
      }
    }
    const request = {
      name,
      size,
      mediaType,
      parentId: folderId,
      modifiedAt: new Date(lastModified).toISOString(),
      checksum: digestsKnown
        ? { algorithm: "sha256-parts" as const, parts: digests as string[] }
        : null,
      onConflict,
    };
    const idempotencyKey = randomId();
    const answer = await this.#calling(() =>
      this.#kit.api.presign(request, idempotencyKey, this.#signal),
    );
    if (answer.result === "exists") return { kind: "there", file: answer.file, deduplicated: true };
    if (answer.result === "single") {
      this.#setKnown({ fileId: answer.fileId, uploadId: null });
      return { kind: "single", answer };
    }
    if (answer.partSize !== this.#plan.partSize || answer.partCount !== this.#plan.partCount) {
      throw new ProblemError(
        422,
        "plan-differs",
        "Page and server disagree",
        "The server cuts this file in another way. Reload the page.",
      );
    }
    this.#setKnown({ fileId: answer.fileId, uploadId: answer.uploadId });
    // An upload of the same bytes to the same place may have been open: what it holds is not sent again.
    const status = await this.#calling(() => this.#kit.api.status(answer.fileId, this.#signal));
    if (isJoined(status)) return { kind: "joined" };
    return this.#multipart(answer.fileId, answer.uploadId, answer.parts, status);
  }

  #multipart(
    fileId: string,
    uploadId: string,
    links: OpenMultipart["links"],
    status: UploadStatus,
  ): Session {
    const held = new Map(status.parts.map((part) => [part.partNumber, part.etag]));
    this.#upload.sentBytes = status.parts.reduce((sum, part) => sum + part.size, 0);
    this.#kit.changed(this.#upload);
    return { kind: "multipart", open: { fileId, uploadId, links, held } };
  }

  async #sendSingle(first: Extract<PresignAnswer, { result: "single" }>): Promise<void> {
    const release = await this.#kit.slots.acquire(this.#upload.order, this.#signal);
    try {
      this.#enter("sending");
      this.#upload.sentBytes = 0;
      await sendUntilHeld({
        upload: this.#upload,
        kit: this.#kit,
        signal: this.#signal,
        body: partOf(this.#file, this.#plan, 1),
        link: async (fresh) => {
          this.#kit.storeSeen(first.url);
          if (!fresh) return first;
          const again = await this.#negotiate();
          if (again.kind !== "single") throw new StartOver("The server changed its mind.");
          return again.answer;
        },
      });
    } finally {
      release();
    }
  }

  async #sendMultipart(open: OpenMultipart): Promise<void> {
    let held = open.held;
    for (let starts = 1; ; starts += 1) {
      this.#enter("sending");
      const sender = new PartSender(this.#upload, this.#kit, this.#file, this.#plan, {
        ...open,
        held,
      });
      const parts = await sender.send(this.#signal);
      this.#enter("completing");
      try {
        return await this.#calling(() =>
          this.#kit.api.complete(open.fileId, open.uploadId, parts, this.#signal),
        );
      } catch (error) {
        const missing = error instanceof ProblemError ? error.extra.missing : undefined;
        if (missing === undefined || starts === MOST_STARTS) throw startOverIfGone(error);
        held = new Map(
          parts
            .filter((part) => !missing.includes(part.partNumber))
            .map((part) => [part.partNumber, part.etag]),
        );
        const status = await this.#calling(() => this.#kit.api.status(open.fileId, this.#signal));
        const have = status.parts.filter((part) => held.has(part.partNumber));
        this.#upload.sentBytes = have.reduce((sum, part) => sum + part.size, 0);
      }
    }
  }

  async #confirm(): Promise<UploadedFile> {
    const fileId = this.#upload.fileId as string;
    const { onConflict } = this.#upload;
    try {
      return await this.#calling(() => this.#kit.api.confirm(fileId, onConflict, this.#signal));
    } catch (error) {
      // The server removed what did not match; a Retry then begins from the first byte.
      if (error instanceof ProblemError && error.code === "content-mismatch") this.#forgetOpen();
      throw startOverIfGone(error);
    }
  }

  async #confirmedMeanwhile(fileId: string): Promise<UploadedFile | null> {
    const { onConflict } = this.#upload;
    try {
      return await this.#calling(() => this.#kit.api.confirm(fileId, onConflict, this.#signal));
    } catch (error) {
      if (error instanceof ProblemError && !isAbort(error)) return null;
      throw error;
    }
  }

  #setKnown(known: KnownUpload): void {
    this.#upload.known = known;
    this.#upload.fileId = known.fileId;
    this.#kit.adopted(this.#upload);
    this.#kit.record(this.#upload);
  }

  /** What was sent is worth nothing any more and must not hold quota. */
  async #abortOpen(): Promise<void> {
    const { known } = this.#upload;
    if (known !== null) await this.#kit.api.abort(known.fileId).catch(() => {});
  }

  #forgetOpen(): void {
    const upload = this.#upload;
    upload.known = null;
    upload.fileId = null;
    upload.sentBytes = 0;
    // Digests too: they may be those of the file as it was before it changed.
    upload.digests = [];
    this.#kit.record(upload);
  }

  #enter(state: UploadState): void {
    // A stopped transfer must not write into an upload that somebody else has by now.
    this.#signal.throwIfAborted();
    this.#upload.state = state;
    this.#kit.changed(this.#upload);
  }

  #digest(partNumber: number): Promise<string> {
    return this.#kit.hasher.digest(partOf(this.#file, this.#plan, partNumber), this.#signal);
  }

  /** Runs over all parts with as many at once as the hasher has workers; the first error stops it. */
  async #eachPart(take: (partNumber: number) => Promise<void>): Promise<void> {
    let next = 1;
    const run = async () => {
      while (next <= this.#plan.partCount) {
        const partNumber = next;
        next += 1;
        try {
          await take(partNumber);
        } catch (error) {
          next = this.#plan.partCount + 1;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: this.#kit.hasher.width }, run));
  }

  #calling<T>(call: () => Promise<T>): Promise<T> {
    const waiting = (now: boolean) => {
      this.#upload.waiting = now;
      this.#kit.changed(this.#upload);
    };
    return withRetry(this.#kit.pace, this.#signal, waiting, call);
  }
}

function isJoined({ state }: UploadStatus): boolean {
  return state === "completed" || state === "confirmed";
}

/** The open upload was aborted elsewhere, or was announced with other bytes than the file has now. */
function isConflict(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.code === "conflict";
}

/** 403 is what the API says of an upload that is not there (any more); see api.md, "no right". */
function isGone(error: unknown): boolean {
  return error instanceof ProblemError && [403, 404, 409, 410].includes(error.status);
}

function startOverIfGone(error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  const gone = [403, 404, 410].includes(error.status) || error.code === "not-uploaded";
  return gone ? new StartOver(error.message) : error;
}
