// Speed and time left, from an exponentially weighted mean of the last ten seconds or so.

const WINDOW_SECONDS = 10;

export class Rate {
  #mean = 0;
  #weight = 0;
  #pending = 0;
  #last: number | null = null;

  /** Starts measuring: time before this moment counts as neither fast nor slow. */
  begin(now: number): void {
    if (this.#last === null) this.#last = now;
  }

  moved(bytes: number): void {
    if (bytes > 0) this.#pending += bytes;
  }

  sample(now: number): void {
    if (this.#last === null) {
      this.begin(now);
      return;
    }
    const seconds = (now - this.#last) / 1000;
    if (seconds <= 0) return;
    const keep = Math.exp(-seconds / WINDOW_SECONDS);
    this.#mean = this.#mean * keep + (this.#pending / seconds) * (1 - keep);
    // The weight grows from 0 to 1; dividing by it lets the first seconds show the true speed.
    this.#weight = this.#weight * keep + (1 - keep);
    this.#pending = 0;
    this.#last = now;
  }

  get bytesPerSecond(): number {
    return this.#weight === 0 ? 0 : this.#mean / this.#weight;
  }

  /** Seconds for the bytes that are left, or null while nothing moves. */
  secondsLeft(bytes: number): number | null {
    const speed = this.bytesPerSecond;
    return speed < 1 ? null : bytes / speed;
  }

  reset(): void {
    this.#mean = 0;
    this.#weight = 0;
    this.#pending = 0;
    this.#last = null;
  }
}
