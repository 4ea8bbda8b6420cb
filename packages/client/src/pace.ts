/** What a client keeps free of the frames that its server takes, for everything that is not paced. */
const SHARE = 0.8;

/** Spreads frames so that a server that takes so many a second does not refuse them: an allowance that fills up over a second. */
export class Pace {
  readonly #perMs: number;
  readonly #most: number;
  #allowance: number;
  #atMs: number;

  /** @param perSecond 0: as many as there are */
  constructor(perSecond: number, nowMs: number) {
    this.#perMs = perSecond > 0 ? (perSecond * SHARE) / 1000 : Number.POSITIVE_INFINITY;
    this.#most = Math.max(1, this.#perMs * 500);
    this.#allowance = this.#most;
    this.#atMs = nowMs;
  }

  /** Takes one and returns 0, or returns how long to wait for the next. */
  take(nowMs: number): number {
    if (this.#perMs === Number.POSITIVE_INFINITY) return 0;
    this.#allowance = Math.min(this.#most, this.#allowance + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#allowance < 1) return Math.max(1, Math.ceil((1 - this.#allowance) / this.#perMs));
    this.#allowance -= 1;
    return 0;
  }
}
