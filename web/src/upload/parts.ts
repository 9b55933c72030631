// Sends the parts of one file, several at once, and keeps their URLs in hand.

import { StartOver, type TransferKit } from "./kit";
import type { Upload } from "./model";
import { DIGEST_FIRST_LIMIT, type PartPlan, partOf } from "./plan";
import { abortError, type SignedPart } from "./port";
import { withRetry } from "./retry";
import { sendUntilHeld } from "./sending";

const LINKS_PER_CALL = 100;
/** A URL with less than this left is not begun with. */
const EXPIRY_MARGIN = 60_000;

export interface OpenMultipart {
  readonly fileId: string;
  readonly uploadId: string;
  readonly links: readonly SignedPart[];
  /** ETags of the parts that the store already has. */
  readonly held: ReadonlyMap<number, string>;
}

export class PartSender {
  readonly #upload: Upload;
  readonly #kit: TransferKit;
  readonly #file: File;
  readonly #plan: PartPlan;
  readonly #open: OpenMultipart;
  /** Null for a part that is held under an ETag which only the server knows. */
  readonly #etags: Map<number, string | null>;
  readonly #links = new Map<number, Promise<SignedPart>>();
  readonly #stop = new AbortController();

  constructor(upload: Upload, kit: TransferKit, file: File, plan: PartPlan, open: OpenMultipart) {
    this.#upload = upload;
    this.#kit = kit;
    this.#file = file;
    this.#plan = plan;
    this.#open = open;
    this.#etags = new Map(open.held);
    for (const link of open.links) this.#links.set(link.partNumber, Promise.resolve(link));
  }

  /** Sends what the store does not hold; resolves with every part's ETag in order. */
  async send(signal: AbortSignal): Promise<{ partNumber: number; etag: string }[]> {
    const stop = () => this.#stop.abort();
    signal.addEventListener("abort", stop, { once: true });
    let failure: { error: unknown } | null = null;
    const tasks: Promise<void>[] = [];
    try {
      if (signal.aborted) throw abortError();
      const missing = this.#missing();
      for (const partNumber of missing) {
        const release = await this.#kit.slots.acquire(this.#upload.order, this.#stop.signal);
        const task = this.#sendPart(partNumber, missing)
          .catch((error) => {
            failure ??= { error };
            this.#stop.abort();
          })
          .finally(release);
        tasks.push(task);
      }
    } catch (error) {
      failure ??= { error };
    }
    await Promise.all(tasks);
    signal.removeEventListener("abort", stop);
    if (failure !== null) throw (failure as { error: unknown }).error;
    return this.#allEtags();
  }

  #missing(): number[] {
    const all = Array.from({ length: this.#plan.partCount }, (_, at) => at + 1);
    return all.filter((partNumber) => !this.#etags.has(partNumber));
  }

  async #sendPart(partNumber: number, order: readonly number[]): Promise<void> {
    const etag = await sendUntilHeld({
      upload: this.#upload,
      kit: this.#kit,
      signal: this.#stop.signal,
      body: partOf(this.#file, this.#plan, partNumber),
      link: (fresh) => this.#link(partNumber, order, fresh),
    });
    this.#etags.set(partNumber, etag);
  }

  async #allEtags(): Promise<{ partNumber: number; etag: string }[]> {
    const fromServer = new Map<number, string>();
    if ([...this.#etags.values()].includes(null)) {
      const { parts } = await this.#calling(() =>
        this.#kit.api.status(this.#open.fileId, this.#stop.signal),
      );
      for (const part of parts) fromServer.set(part.partNumber, part.etag);
    }
    const all = [...this.#etags].map(([partNumber, known]) => {
      const etag = known ?? fromServer.get(partNumber);
      if (etag === undefined) throw new StartOver("The store refuses a part it does not hold.");
      return { partNumber, etag };
    });
    return all.sort((one, other) => one.partNumber - other.partNumber);
  }

  async #link(partNumber: number, order: readonly number[], fresh: boolean): Promise<SignedPart> {
    if (fresh) this.#links.delete(partNumber);
    for (let round = 1; ; round += 1) {
      if (!this.#links.has(partNumber)) this.#sign(partNumber, order);
      this.#signAhead(partNumber, order);
      const signing = this.#links.get(partNumber) as Promise<SignedPart>;
      const link = await signing;
      this.#kit.storeSeen(link.url);
      // By the wall clock. Where it is wrong this costs one call; a URL that the store finds
      // expired is answered 403 and signed again.
      const lasts = Date.parse(link.expiresAt) - Date.now() > EXPIRY_MARGIN;
      if (lasts || fresh || round > 1) return link;
      // Its neighbours were signed with it and expired with it.
      if (this.#links.get(partNumber) === signing) this.#dropLinks(partNumber, order);
    }
  }

  #dropLinks(from: number, order: readonly number[]): void {
    const at = order.indexOf(from);
    for (const number of order.slice(at, at + LINKS_PER_CALL)) this.#links.delete(number);
  }

  /** Digests of a very large file are taken while earlier parts are on the wire. */
  #signAhead(partNumber: number, order: readonly number[]): void {
    if (!this.#digestsByPart) return;
    const at = order.indexOf(partNumber) + this.#kit.slots.limit;
    const ahead = order[at];
    if (ahead !== undefined && !this.#links.has(ahead)) this.#sign(ahead, order);
  }

  get #digestsByPart(): boolean {
    return this.#plan.size > DIGEST_FIRST_LIMIT;
  }

  #sign(partNumber: number, order: readonly number[]): void {
    const from = order.indexOf(partNumber);
    const most = this.#digestsByPart ? 1 : LINKS_PER_CALL;
    const wanted = order
      .slice(from, from + most)
      .filter((number) => !this.#links.has(number) && !this.#etags.has(number));
    const signing = this.#digestsByPart ? this.#digestAndSign(partNumber) : this.#signMany(wanted);
    for (const number of wanted) {
      const link = signing.then((links) => {
        const found = links.find((candidate) => candidate.partNumber === number);
        if (found === undefined) throw new Error(`The server gave no URL for part ${number}.`);
        return found;
      });
      // Whoever needs the part sees the failure; a part signed ahead must not count as unhandled.
      link.catch(() => {});
      this.#links.set(number, link);
    }
  }

  #signMany(partNumbers: readonly number[]): Promise<readonly SignedPart[]> {
    return this.#calling(() =>
      this.#kit.api.signParts(this.#open.fileId, { partNumbers }, this.#stop.signal),
    );
  }

  async #digestAndSign(partNumber: number): Promise<readonly SignedPart[]> {
    const { digests, key } = this.#upload;
    const sha256 = await this.#kit.hasher.digest(
      partOf(this.#file, this.#plan, partNumber),
      this.#stop.signal,
    );
    digests[partNumber - 1] = sha256;
    void this.#kit.journal.putDigests(key, new Map([[partNumber, sha256]])).catch(() => {});
    return this.#calling(() =>
      this.#kit.api.signParts(
        this.#open.fileId,
        { parts: [{ partNumber, sha256 }] },
        this.#stop.signal,
      ),
    );
  }

  #calling<T>(call: () => Promise<T>): Promise<T> {
    return withRetry(this.#kit.pace, this.#stop.signal, () => {}, call);
  }
}
