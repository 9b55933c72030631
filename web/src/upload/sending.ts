// One PUT until it holds: repeats what may heal, asks for a new URL when the old one ran out,
// and tells a file that cannot be read from a network that is away.

import { StartOver, type TransferKit } from "./kit";
import type { Upload } from "./model";
import { isAbort, NetworkError, ProblemError, type PutAnswer, UnreadableError } from "./port";
import { withRetry } from "./retry";

const MOST_NEW_LINKS = 3;

export interface Link {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Sending {
  readonly upload: Upload;
  readonly kit: TransferKit;
  readonly signal: AbortSignal;
  readonly body: Blob;
  /** `fresh` asks the server to sign again. */
  readonly link: (fresh: boolean) => Promise<Link>;
}

/**
 * Resolves with the ETag; null when the store says that the bytes are already there, and when it
 * gives or shows no ETag (Azure blocks have none).
 */
export async function sendUntilHeld(sending: Sending): Promise<string | null> {
  const { upload, kit, signal } = sending;
  const waiting = (now: boolean) => {
    upload.waiting = now;
    kit.changed(upload);
  };
  let fresh = false;
  for (let links = 1; ; links += 1) {
    const link = await sending.link(fresh);
    const answer = await withRetry(kit.pace, signal, waiting, () => sendOnce(sending, link));
    if (answer.status === 412) return null;
    if (answer.status < 300) return answer.etag;
    if (answer.status === 404) throw new StartOver("The store no longer knows this upload.");
    if (answer.status !== 403 || links > MOST_NEW_LINKS) {
      throw refused(answer, `The store answered with status ${answer.status}.`);
    }
    fresh = true;
  }
}

async function sendOnce(sending: Sending, link: Link): Promise<PutAnswer> {
  const { upload, kit, signal, body } = sending;
  let counted = 0;
  const count = (loaded: number) => {
    // A browser may count a little more than the body; the total must not pass the size.
    const now = Math.min(loaded, body.size);
    upload.sentBytes += now - counted;
    kit.moved(now - counted);
    counted = now;
    kit.changed(upload);
  };
  try {
    const answer = await kit.put({ ...link, body, signal, onProgress: count });
    if (answer.status < 300 || answer.status === 412) {
      count(body.size);
      return answer;
    }
    throwIfPassing(answer);
    count(0);
    return answer;
  } catch (error) {
    count(0);
    if (error instanceof NetworkError) await throwIfUnreadable(body);
    throw error;
  }
}

function throwIfPassing(answer: PutAnswer): void {
  const { status, retryAfterSeconds } = answer;
  // S3 answers 409 when two conditional writes of one key met; the repeat gets 412 or 200.
  const passing = status === 409 ? 503 : status;
  if (passing >= 500 || passing === 429 || passing === 408) {
    throw new ProblemError(passing, "store-busy", "The store is busy", `Status ${status}.`, {
      retryAfterSeconds,
    });
  }
}

/** A changed or removed file ends an XMLHttpRequest like a dead network does; reading tells them apart. */
async function throwIfUnreadable(body: Blob): Promise<void> {
  try {
    await body.slice(0, 1).arrayBuffer();
  } catch (error) {
    if (!isAbort(error)) throw new UnreadableError(String(error));
  }
}

function refused(answer: PutAnswer, detail: string): ProblemError {
  return new ProblemError(answer.status, "store-refused", "The store refused the bytes", detail);
}
