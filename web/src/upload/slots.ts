// The places on the wire: so many PUTs at once over all files, the earliest file served first.

import { abortError } from "./port";

interface Waiter {
  readonly order: number;
  readonly grant: () => void;
}

export class Slots {
  #limit: number;
  #used = 0;
  readonly #waiters: Waiter[] = [];
  readonly #onFree: () => void;

  constructor(limit: number, onFree: () => void = () => {}) {
    this.#limit = limit;
    this.#onFree = onFree;
  }

  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#serve();
  }

  /** True when another file would only wait. */
  get saturated(): boolean {
    return this.#used >= this.#limit || this.#waiters.length > 0;
  }

  acquire(order: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortError());
      const stop = () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        reject(abortError());
      };
      const waiter: Waiter = {
        order,
        grant: () => {
          signal.removeEventListener("abort", stop);
          this.#used += 1;
          let held = true;
          resolve(() => {
            if (!held) return;
            held = false;
            this.#used -= 1;
            this.#serve();
            this.#onFree();
          });
        },
      };
      signal.addEventListener("abort", stop, { once: true });
      const behind = this.#waiters.findIndex((other) => other.order > order);
      this.#waiters.splice(behind < 0 ? this.#waiters.length : behind, 0, waiter);
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#used < this.#limit) {
      const next = this.#waiters.shift();
      if (next === undefined) return;
      next.grant();
    }
  }
}
