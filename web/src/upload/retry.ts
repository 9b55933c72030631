// When to try again and how long to wait: only what may heal by itself is repeated.

import { isAbort, NetworkError, type Pace, ProblemError } from "./port";

const MOST_TRIES = 8;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** A Retry-After beyond this is shown as a failure with a Retry button instead of a silent wait. */
const LONGEST_RETRY_AFTER_SECONDS = 300;

const HEALING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export function mayHeal(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ProblemError && HEALING_STATUS.has(error.status);
}

/** Milliseconds before try `attempt` (1 is the first repeat), or null for giving up. */
export function waitBefore(attempt: number, error: unknown, random: number): number | null {
  if (!mayHeal(error) || attempt >= MOST_TRIES) return null;
  const asked = error instanceof ProblemError ? (error.extra.retryAfterSeconds ?? null) : null;
  if (asked !== null && asked > LONGEST_RETRY_AFTER_SECONDS) return null;
  const grown = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
  const jittered = grown * (0.5 + random / 2);
  // Jitter on top, or all that were sent away together would come back together.
  return asked === null ? jittered : asked * 1000 + jittered;
}

function askedToSlowDown(error: unknown): boolean {
  if (!(error instanceof ProblemError) || error.status !== 429) return false;
  return (error.extra.retryAfterSeconds ?? null) !== null;
}

export async function withRetry<T>(
  pace: Pace,
  signal: AbortSignal,
  onWaiting: (waiting: boolean) => void,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || isAbort(error)) throw error;
      onWaiting(true);
      try {
        if (error instanceof NetworkError && !pace.isOnline()) {
          // A dead network says nothing about the server, so it costs no try.
          await pace.online(signal);
          continue;
        }
        const wait = waitBefore(tries, error, pace.random());
        if (wait === null) throw error;
        await pace.wait(wait, signal);
        // A server that names its pace will serve us: with thousands of files that is the normal way.
        if (!askedToSlowDown(error)) tries += 1;
      } finally {
        onWaiting(false);
      }
    }
  }
}
