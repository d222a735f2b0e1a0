/** Lowest free id by a binary heap of freed ids: what most people would write. */
export class IdHeap {
  readonly #freed: number[] = [];
  #next = 0;

  allocate(): number {
    const freed = this.#freed;
    const lowest = freed[0];
    if (lowest === undefined) return this.#next++;
    const moved = freed.pop()!;
    let at = 0;
    const size = freed.length;
    if (size === 0) return lowest;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && freed[child + 1]! < freed[child]!) child++;
      if (freed[child]! >= moved) break;
      freed[at] = freed[child]!;
      at = child;
    }
    freed[at] = moved;
    return lowest;
  }

  release(id: number): void {
    const freed = this.#freed;
    let at = freed.length;
    freed.push(id);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (freed[parent]! <= id) break;
      freed[at] = freed[parent]!;
      at = parent;
    }
    freed[at] = id;
  }
}
