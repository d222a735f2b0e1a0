interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** A set of addresses, kept as ranges that neither overlap nor touch, ascending. */
export class AddressRanges {
  #ranges: Range[] = [];

  get empty(): boolean {
    return this.#ranges.length === 0;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    let [from, to] = [start, end];
    const apart: Range[] = [];
    for (const range of this.#ranges) {
      if (range.end < start || range.start > end) {
        apart.push(range);
      } else {
        from = Math.min(from, range.start);
        to = Math.max(to, range.end);
      }
    }
    const at = apart.findIndex((range) => range.start > to);
    apart.splice(at < 0 ? apart.length : at, 0, { start: from, end: to });
    this.#ranges = apart;
  }

  remove(start: number, end: number): void {
    if (this.#ranges.length === 0 || start >= end) return;
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.end <= start || range.start >= end) return [range];
      return [
        { start: range.start, end: start },
        { start: end, end: range.end },
      ].filter((part) => part.start < part.end);
    });
  }

  /** What is in [start, end) is at `to` instead, and nothing else is there. */
  move(start: number, end: number, to: number): void {
    const moved = this.within(start, end);
    this.remove(start, end);
    this.remove(to, to + (end - start));
    for (const range of moved) this.add(range.start - start + to, range.end - start + to);
  }

  /** Its parts in [start, end). */
  within(start: number, end: number): readonly Range[] {
    return this.#ranges
      .filter((range) => range.end > start && range.start < end)
      .map((range) => ({ start: Math.max(range.start, start), end: Math.min(range.end, end) }));
  }

  /** How many addresses of [start, end) are in it. */
  count(start: number, end: number): number {
    return this.within(start, end).reduce((sum, range) => sum + range.end - range.start, 0);
  }
}
