import { useSyncExternalStore } from "react";

let message = "";
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

const SETTLE_MS = 250;

/** Has a screen reader say something when it is quiet. Of a quick series only the last is said. */
export function announce(text: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // The same words twice would not count as a change.
    message = text === message ? `${text}\u00a0` : text;
    for (const listener of listeners) listener();
  }, SETTLE_MS);
}

export function Announcer() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => message,
  );
  return (
    <div role="status" aria-live="polite" className="visually-hidden">
      {text}
    </div>
  );
}
