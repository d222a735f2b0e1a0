import { VM } from '../core/record.ts';
import type { Mapped } from './file-operations.ts';
import type { File } from './file.ts';
import { commandFlags, pageAlign } from './flags.ts';
import { MMAP_BASE, topGap } from './gap.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './task.ts';
import type { UserNamespace } from './user-namespace.ts';
import { UsedByTasks } from './used-by-tasks.ts';
import { AddressRanges } from './address-ranges.ts';
import { VmaList } from './vma-list.ts';
import { accounted, Vma } from './vma.ts';

/** Bits that protect() changes. */
const ACCESS = VM.read | VM.write | VM.exec;

/**
 * An address space (struct mm_struct): the mappings of files; anonymous memory is not kept. Its methods are primitives: they
 * put a result in place, tell the core, and never refuse; system calls, which choose and refuse, are methods of `Task`.
 * Ranges are [start, start + length), in bytes, lengths rounded up to whole pages. `by` is the acting task, one of `users`.
 */
export class AddressSpace extends UsedByTasks {
  /** Unique among address spaces. */
  readonly id: number;
  /** Who may look into it: 1 its user, 0 (nobody) and 2 (root) only with CAP_SYS_PTRACE in `userNamespace` (get_dumpable). */
  dumpable: 0 | 1 | 2 = 1;
  userNamespace: UserNamespace;
  /** What has been touched: the pages that may be in memory. */
  readonly touched = new AddressRanges();
  readonly #kernel: Kernel;
  #driverPages = 0;
  readonly #vmas: VmaList;
  /** Everything from here up to MMAP_BASE is mapped: where the search for a gap begins. */
  #full = MMAP_BASE;

  /** `expected`: about so many VMAs will come. */
  constructor(kernel: Kernel, expected?: number) {
    super();
    this.#vmas = new VmaList(expected);
    this.#kernel = kernel;
    this.id = kernel.nextAddressSpaceId();
    this.userNamespace = kernel.userNamespace;
  }

  /**
   * MM_DRIVERPAGES, in pages: what drivers charge this address space for. Never below 0, where the counter may be, as imports are
   * taken off that were never put on (get_mm_counter).
   */
  get driverPages(): number {
    return Math.max(this.#driverPages, 0);
  }

  /** add_mm_counter(MM_DRIVERPAGES). */
  chargeDriverPages(pages: number): void {
    this.#driverPages += pages;
  }

  /** Ascending by start; they never overlap. */
  get vmas(): readonly Vma[] {
    return this.#vmas.toArray();
  }

  /** How many VMAs there are. */
  get mapCount(): number {
    return this.#vmas.length;
  }

  /** The VMA at an address, or null. */
  find(address: number): Vma | null {
    const vmas = this.#vmas;
    const at = vmas.indexOf(address);
    return at < vmas.length && vmas.start(at) <= address ? vmas.at(at) : null;
  }

  /** Whether any VMA overlaps the range. */
  occupied(start: number, length: number): boolean {
    const vmas = this.#vmas;
    const at = vmas.indexOf(start);
    return at < vmas.length && vmas.start(at) < start + pageAlign(length);
  }

  /** Whether all of [start, end) is mapped. */
  covered(start: number, end: number): boolean {
    const vmas = this.#vmas;
    let to = start;
    for (let at = vmas.indexOf(start); to < end && at < vmas.length && vmas.start(at) <= to; at++) to = vmas.end(at);
    return to >= end;
  }

  /** The highest free range, as mmap(2) without an address chooses (vm_unmapped_area, top down); -1 if there is none. */
  highestGap(length: number): number {
    const vmas = this.#vmas;
    let at = vmas.indexOf(this.#full - 1);
    if (at === vmas.length || vmas.start(at) >= this.#full) at--;
    for (; at >= 0 && vmas.end(at) >= this.#full; at--) this.#full = vmas.start(at);
    return topGap(vmas, at, this.#full, pageAlign(length));
  }

  /**
   * Maps a file, replacing what overlaps; takes a reference of its own; joins its neighbours if the exporter lets them.
   * `bits`: VMA bits besides the exporter's. `mapped`: what the file's mmap made of it.
   */
  map(
    by: Task,
    start: number,
    length: number,
    file: File,
    offset: number,
    prot: number,
    shared: boolean,
    bits = 0,
    mapped: Mapped = {},
  ): void {
    const end = start + pageAlign(length);
    this.unmap(by, start, end - start);
    const kept = mapped.file ?? file;
    const flags = accounted((prot & ACCESS) | (shared ? VM.shared : 0) | (kept.operations.vmFlags ?? 0) | bits);
    const { buffer = kept.buffer, object = null } = mapped;
    this.#insert(by, new Vma(start, end, mapped.offset ?? offset, kept, flags, this.#kernel.now, buffer, object));
  }

  /** Unmaps what lies in the range, splitting at its ends. False if nothing did. */
  unmap(by: Task, start: number, length: number): boolean {
    const end = start + pageAlign(length);
    const vmas = this.#vmas;
    let at = vmas.indexOf(start);
    if (at === vmas.length || vmas.start(at) >= end) return false;
    const first = vmas.at(at);
    this.touched.remove(start, end);
    if (end > this.#full) this.#full = Math.min(end, MMAP_BASE);
    if (first.start < start) {
      if (first.end > end) {
        this.#punch(by, first, at, start, end);
        return true;
      }
      this.#cutOff(by, first, first.start, start);
      at++;
    }
    const gone = at;
    while (at < vmas.length && vmas.end(at) <= end) this.#close(by, vmas.at(at++));
    const last = vmas.get(at);
    if (last !== null && last.start < end) this.#cutOff(by, last, end, last.end);
    if (at - gone === 1) this.#drop(by, vmas.remove(gone));
    else for (const vma of vmas.removeRange(gone, at)) this.#drop(by, vma);
    return true;
  }

  /** Changes the access of what lies in the range, splitting and joining as mprotect_fixup does. */
  protect(by: Task, start: number, length: number, prot: number): void {
    this.#change(by, start, start + pageAlign(length), ACCESS, prot & ACCESS);
  }

  /** Changes other bits of what lies in the range, as madvise(2) does: those of `clear` go, then those of `set` come. */
  advise(by: Task, start: number, length: number, clear: number, set: number): void {
    this.#change(by, start, start + pageAlign(length), clear, set);
  }

  /** MADV_DONTFORK and MADV_DOFORK. */
  dontFork(by: Task, start: number, length: number, on: boolean): void {
    this.advise(by, start, length, VM.dontCopy, on ? VM.dontCopy : 0);
  }

  /**
   * mremap(2) as it turned out: grown or shrunk where it is (`newStart` = `start`), or moved. `keepOld`: the old range stays
   * (MREMAP_DONTUNMAP, or an old length of 0, which maps the file once more).
   */
  move(
    by: Task,
    start: number,
    oldLength: number,
    newStart: number,
    newLength: number,
    keepOld = oldLength === 0,
  ): void {
    const oldEnd = start + pageAlign(oldLength);
    const newEnd = newStart + pageAlign(newLength);
    if (start === newStart) {
      if (newEnd < oldEnd) this.unmap(by, newEnd, oldEnd - newEnd);
      else if (newEnd > oldEnd) this.#grow(by, start, oldEnd, newEnd);
      return;
    }
    const found = this.find(start);
    if (found === null) {
      this.unmap(by, newStart, newEnd - newStart);
    } else {
      const moved = found.like(newStart, newEnd, found.offset + (start - found.start));
      moved.file.get();
      moved.object?.pin();
      this.unmap(by, newStart, newEnd - newStart);
      this.#insert(by, moved);
      moved.object?.unpin();
      moved.file.put();
      this.touched.move(start, start + Math.min(oldEnd - start, newEnd - newStart), newStart);
    }
    if (!keepOld) this.unmap(by, start, oldEnd - start);
  }

  /** dup_mmap: every VMA but those fork is told to leave out; `by` forks. The core copies by itself. */
  copy(by: Task): AddressSpace {
    const copy = new AddressSpace(this.#kernel, this.mapCount);
    copy.dumpable = this.dumpable;
    copy.userNamespace = this.userNamespace;
    const now = this.#kernel.now;
    const vmas = this.#vmas;
    for (let at = 0; at < vmas.length; at++) {
      const vma = vmas.at(at);
      if ((vma.flags & VM.dontCopy) !== 0) continue;
      copy.#vmas.insert(copy.#vmas.length, copy.#hold(by, vma.like(vma.start, vma.end, vma.offset, vma.flags, now)));
    }
    return copy;
  }

  /** mmput: the last user unmaps everything. */
  protected override giveUp(by: Task): void {
    for (const vma of this.#vmas.removeRange(0, this.#vmas.length)) this.#drop(by, vma);
  }

  /** What is left of a VMA: the kernel splits it and drops the other part, which the file hears of. */
  #cutOff(by: Task, vma: Vma, start: number, end: number): void {
    const { operations } = vma.file;
    operations.vmOpened?.(vma.file, by);
    this.#adjust(by, vma, start, end);
    operations.vmClosed?.(vma.file, by);
  }

  /** A hole within one VMA: it keeps what is below, a new one gets what is above. */
  #punch(by: Task, vma: Vma, at: number, start: number, end: number): void {
    const above = vma.like(end, vma.end, vma.offset + (end - vma.start));
    this.#adjust(by, vma, vma.start, start);
    this.#open(by, above);
    this.#vmas.insert(at + 1, above);
  }

  /** Puts a VMA in its free place, or lets a neighbour grow over it (vma_merge); it has no reference yet. */
  #insert(by: Task, vma: Vma): void {
    const at = this.#vmas.indexOf(vma.start);
    const below = this.#vmas.get(at - 1);
    const above = this.#vmas.get(at);
    const joinsAbove = above !== null && vma.continuedBy(above, vma.flags) && above.flags === vma.flags;
    if (below !== null && below.continuedBy(vma, vma.flags)) {
      const both = joinsAbove && !above.staysWhole;
      const end = both ? above.end : vma.end;
      if (both) this.#remove(by, above, at);
      this.#adjust(by, below, below.start, end);
    } else if (joinsAbove) {
      this.#adjust(by, above, vma.start, above.end);
    } else {
      this.#open(by, vma);
      this.#vmas.insert(at, vma);
    }
  }

  /** mprotect_fixup for every VMA in [start, end): `clear` and `set` are bits of flags. */
  #change(by: Task, start: number, end: number, clear: number, set: number): void {
    let address = start;
    while (address < end) {
      const at = this.#vmas.indexOf(address);
      const vma = this.#vmas.get(at);
      if (vma === null || vma.start >= end) return;
      address = Math.min(vma.end, end);
      const flags = accounted((vma.flags & ~clear) | set);
      if (flags !== vma.flags) this.#changeOne(by, vma, at, Math.max(vma.start, start), address, flags);
    }
  }

  /** [from, to) of one VMA gets other flags: it joins a neighbour that has them, or is split; the middle keeps its identity. */
  #changeOne(by: Task, vma: Vma, at: number, from: number, to: number, flags: number): void {
    const kept = vma.staysWhole && from === vma.start && to === vma.end;
    const below = !kept && from === vma.start ? this.#vmas.get(at - 1) : null;
    const above = !kept && to === vma.end ? this.#vmas.get(at + 1) : null;
    const joinsAbove = above !== null && above.flags === flags && vma.continuedBy(above, vma.flags);
    if (below !== null && below.flags === flags && below.continuedBy(vma, flags)) {
      if (to < vma.end) {
        this.#adjust(by, vma, to, vma.end);
        this.#adjust(by, below, below.start, to);
        return;
      }
      const end = joinsAbove ? above.end : to;
      if (joinsAbove) this.#remove(by, above, at + 1);
      this.#remove(by, vma, at);
      this.#adjust(by, below, below.start, end);
      return;
    }
    if (joinsAbove) {
      if (from > vma.start) this.#adjust(by, vma, vma.start, from);
      else this.#remove(by, vma, at);
      this.#adjust(by, above, from, above.end);
      return;
    }
    const { start, end, offset, flags: old } = vma;
    vma.flags = flags;
    this.#adjust(by, vma, from, to);
    if (to < end) {
      const upper = vma.like(to, end, offset + (to - start), old);
      this.#open(by, upper);
      this.#vmas.insert(at + 1, upper);
    }
    if (from > start) {
      const lower = vma.like(start, from, offset, old);
      this.#open(by, lower);
      this.#vmas.insert(at, lower);
    }
  }

  /** vma_expand: the VMA that ends at `oldEnd` grows to `newEnd`, over what is there, and joins the next if it fits. */
  #grow(by: Task, start: number, oldEnd: number, newEnd: number): void {
    const vma = this.find(start);
    this.unmap(by, oldEnd, newEnd - oldEnd);
    if (vma === null || vma.end !== oldEnd) return;
    const at = this.#vmas.indexOf(start);
    this.#adjust(by, vma, vma.start, newEnd);
    const above = this.#vmas.get(at + 1);
    if (above === null || above.staysWhole) return;
    if (!vma.continuedBy(above, vma.flags) || above.flags !== vma.flags) return;
    const end = above.end;
    this.#remove(by, above, at + 1);
    this.#adjust(by, vma, vma.start, end);
  }

  /** A reference for a VMA that comes to be. */
  #hold(by: Task, vma: Vma): Vma {
    const { file, buffer } = vma;
    file.get();
    file.operations.vmOpened?.(file, by);
    if (vma.object !== null) {
      vma.object.pin();
      vma.object.objectMaps++;
    }
    if (buffer !== null && (vma.flags & VM.shared) !== 0 && vma.mayWrite) buffer.writableMaps++;
    return vma;
  }

  #drop(by: Task, vma: Vma): void {
    const { file, buffer } = vma;
    file.operations.vmClosed?.(file, by);
    if (buffer !== null && (vma.flags & VM.shared) !== 0 && vma.mayWrite) buffer.writableMaps--;
    if (vma.object !== null) {
      vma.object.objectMaps--;
      vma.object.unpin();
    }
    file.put();
  }

  #open(by: Task, vma: Vma): void {
    this.#hold(by, vma);
    const { buffer } = vma;
    if (buffer === null || !buffer.tracked) return;
    this.#kernel.accounting.vmOpen(by.key, buffer.account, vma.start, vma.end, vma.offset, commandFlags(vma.flags));
  }

  #close(by: Task, vma: Vma): void {
    const { buffer } = vma;
    if (buffer !== null && buffer.tracked) this.#kernel.accounting.vmClose(by.key, buffer.account, vma.start);
  }

  #remove(by: Task, vma: Vma, at: number): void {
    this.#close(by, vma);
    this.#vmas.remove(at);
    this.#drop(by, vma);
  }

  #adjust(by: Task, vma: Vma, start: number, end: number): void {
    const old = vma.start;
    const at = this.#vmas.indexOf(old);
    vma.offset += start - old;
    vma.start = start;
    vma.end = end;
    this.#vmas.moved(at);
    const { buffer } = vma;
    if (buffer === null || !buffer.tracked) return;
    this.#kernel.accounting.vmAdjust(by.key, buffer.account, old, start, end, vma.offset, commandFlags(vma.flags));
  }
}
