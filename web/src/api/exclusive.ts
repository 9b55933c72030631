/** Runs a task in one tab of this origin at a time. */
export type Exclusive = <T>(name: string, task: () => Promise<T>) => Promise<T>;

export const exclusive: Exclusive = (name, task) =>
  typeof navigator !== "undefined" && navigator.locks
    ? navigator.locks.request(name, task)
    : underLease(name, task, window.localStorage);

const LEASE_MS = 10_000;
const SETTLE_MS = 25;

/**
 * Web Locks exist in secure contexts only, and a home server is often plain http.
 * A lease in localStorage stands in: written, re-read after a moment, and void when it expires.
 */
export async function underLease<T>(
  name: string,
  task: () => Promise<T>,
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
): Promise<T> {
  const key = `fardel.lease.${name}`;
  const me = `${Date.now()}-${Math.random()}`;
  for (;;) {
    if (holder(storage.getItem(key)) === null) {
      storage.setItem(key, JSON.stringify({ me, until: Date.now() + LEASE_MS }));
      await pause(SETTLE_MS);
      if (holder(storage.getItem(key)) === me) break;
    }
    await pause(SETTLE_MS + Math.random() * SETTLE_MS);
  }
  try {
    return await task();
  } finally {
    if (holder(storage.getItem(key)) === me) storage.removeItem(key);
  }
}

function holder(stored: string | null): string | null {
  if (stored === null) return null;
  try {
    const { me, until } = JSON.parse(stored) as { me: string; until: number };
    return until > Date.now() ? me : null;
  } catch {
    return null;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
