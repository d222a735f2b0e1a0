import type { File } from '../model/file.ts';

interface Member {
  readonly handle: number;
  readonly dmaBuf: File;
}

/** Which handle of a drm_file is which dma-buf (struct drm_prime_file_private); each entry has a reference of the dma-buf. */
export class PrimeTable {
  readonly #members = new Map<number, Member>();

  /** drm_prime_lookup_buf_by_handle. */
  dmaBuf(handle: number): File | null {
    return this.#members.get(handle)?.dmaBuf ?? null;
  }

  /** drm_prime_lookup_buf_handle: the first that was entered, if several are. */
  handle(dmaBuf: File): number | null {
    for (const member of this.#members.values()) if (member.dmaBuf === dmaBuf) return member.handle;
    return null;
  }

  /** drm_prime_add_buf_handle: takes a reference. */
  add(dmaBuf: File, handle: number): void {
    this.#members.set(handle, { handle, dmaBuf: dmaBuf.getByKernel() });
  }

  /** drm_prime_remove_buf_handle. */
  remove(handle: number): void {
    const member = this.#members.get(handle);
    this.#members.delete(handle);
    member?.dmaBuf.putByKernel();
  }
}
