/** A set of whole numbers, kept as ranges: what a device was told of a log is nearly always one. */
export class Ranges {
  /** First and last of each range, ascending, with a gap between any two. */
  readonly #ends: number[] = [];

  add(first: number, last = first): void {
    if (last < first) return;
    const ends = this.#ends;
    const top = ends.length - 1;
    // Nearly always it goes on where it ended.
    if (top < 0 || first > (ends[top] as number) + 1) ends.push(first, last);
    else if (first >= (ends[top - 1] as number)) ends[top] = Math.max(ends[top] as number, last);
    else this.#insert(first, last);
  }

  has(value: number): boolean {
    return this.missing(value, value) === undefined;
  }

  /** The lowest number from `first` to `last` that is not in it. */
  missing(first: number, last: number): number | undefined {
    let next = first;
    for (let i = 0; i < this.#ends.length && next <= last; i += 2) {
      if ((this.#ends[i] as number) > next) break;
      if ((this.#ends[i + 1] as number) >= next) next = (this.#ends[i + 1] as number) + 1;
    }
    return next > last ? undefined : next;
  }

  /** The lowest number of this that is not in the other. */
  beyond(other: Ranges): number | undefined {
    for (let i = 0; i < this.#ends.length; i += 2) {
      const found = other.missing(this.#ends[i] as number, this.#ends[i + 1] as number);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  get lowest(): number | undefined {
    return this.#ends[0];
  }

  #insert(first: number, last: number): void {
    const before: number[] = [];
    const after: number[] = [];
    let [from, to] = [first, last];
    for (let i = 0; i < this.#ends.length; i += 2) {
      const [low, high] = [this.#ends[i] as number, this.#ends[i + 1] as number];
      if (high < from - 1) before.push(low, high);
      else if (low > to + 1) after.push(low, high);
      else [from, to] = [Math.min(from, low), Math.max(to, high)];
    }
    this.#ends.splice(0, this.#ends.length, ...before, from, to, ...after);
  }
}
