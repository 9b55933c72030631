// The browser's clock, chance and network state.

import { abortError, type Pace } from "./port";

export const browserPace: Pace = {
  now: () => performance.now(),
  random: () => Math.random(),
  isOnline: () => navigator.onLine,
  wait: (milliseconds, signal) => until(signal, milliseconds),
  online: (signal) => (navigator.onLine ? Promise.resolve() : until(signal, null)),
};

function until(signal: AbortSignal, milliseconds: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortError());
    const timer = milliseconds === null ? undefined : setTimeout(wake, milliseconds);
    function clear() {
      clearTimeout(timer);
      removeEventListener("online", wake);
      signal.removeEventListener("abort", stop);
    }
    function wake() {
      clear();
      resolve();
    }
    function stop() {
      clear();
      reject(abortError());
    }
    addEventListener("online", wake);
    signal.addEventListener("abort", stop);
  });
}

/** A random id also where `crypto.randomUUID` is missing (plain http). */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
