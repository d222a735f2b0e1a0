import type { AddressSpace } from '../model/address-space.ts';
import type { Prop } from './prop.ts';

/** A mapping as the operations made it: the kernel may since have joined it with a neighbour. Bytes. */
export interface Placement {
  readonly prop: Prop;
  readonly start: number;
  readonly length: number;
  readonly offset: number;
  readonly private: boolean;
  readonly prot: number;
  dontFork: boolean;
}

/** The mappings of each address space in the order they were made, by which the language counts them. */
export class Placements {
  readonly #lists = new WeakMap<AddressSpace, Placement[]>();

  of(mm: AddressSpace): Placement[] {
    let list = this.#lists.get(mm);
    if (list === undefined) this.#lists.set(mm, (list = []));
    return list;
  }

  /** fork: all but those with MADV_DONTFORK. */
  copy(from: AddressSpace, to: AddressSpace): void {
    if (from === to) return;
    const kept = this.of(from).filter(({ dontFork }) => !dontFork);
    this.#lists.set(
      to,
      kept.map((each) => ({ ...each })),
    );
  }

  add(mm: AddressSpace, placement: Omit<Placement, 'dontFork'>): void {
    this.of(mm).push({ ...placement, dontFork: false });
  }

  /** Forgets a range, splitting what it cuts; a tail goes to the end of the list. */
  cut(mm: AddressSpace, start: number, length: number): void {
    const end = start + length;
    const tails: Placement[] = [];
    const heads = this.of(mm).flatMap((each): Placement[] => {
      const stop = each.start + each.length;
      if (stop <= start || each.start >= end) return [each];
      if (stop > end) tails.push({ ...each, start: end, length: stop - end, offset: each.offset + (end - each.start) });
      return each.start < start ? [{ ...each, length: start - each.start }] : [];
    });
    this.#lists.set(mm, [...heads, ...tails]);
  }
}
