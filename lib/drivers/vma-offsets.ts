/** DRM_FILE_PAGE_OFFSET_START on 64 bits: the first fake offset, in pages; smaller ones are left to other mappings. */
const FIRST_PAGE = 0x100000;
/** DRM_FILE_PAGE_OFFSET_SIZE on 64 bits, in pages. */
const PAGES = 0xfffff * 256;

interface Hole {
  readonly start: number;
  readonly pages: number;
}

/**
 * Fake offsets at which a DRM device's objects are mapped (drm_vma_offset_manager). The smallest hole that is large enough is
 * taken, from its low end; among equal ones the one that came last (drm_mm with DRM_MM_INSERT_BEST). All in pages.
 */
export class VmaOffsets<Value> {
  readonly #nodes = new Map<number, { readonly pages: number; value: Value | null }>();
  /** In the order they came to be. */
  #holes: Hole[] = [{ start: FIRST_PAGE, pages: PAGES }];

  /** Where there is room; -1 if nowhere. Nothing is found there before `put`. */
  allocate(pages: number): number {
    let best: Hole | null = null;
    for (const hole of this.#holes) if (hole.pages >= pages && (best === null || hole.pages <= best.pages)) best = hole;
    if (best === null) return -1;
    this.#holes.splice(this.#holes.indexOf(best), 1);
    if (best.pages > pages) this.#holes.push({ start: best.start + pages, pages: best.pages - pages });
    this.#nodes.set(best.start, { pages, value: null });
    return best.start;
  }

  /** Says what an allocated place is of. */
  put(start: number, value: Value): void {
    const node = this.#nodes.get(start);
    if (node !== undefined) node.value = value;
  }

  /** What lies exactly at this page and is at least so long (drm_vma_offset_exact_lookup_locked); null if nothing does. */
  find(page: number, pages: number): Value | null {
    const node = this.#nodes.get(page);
    return node !== undefined && node.pages >= pages ? node.value : null;
  }

  /** drm_mm_remove_node: the hole joins those on either side. */
  free(start: number): void {
    const node = this.#nodes.get(start);
    if (node === undefined) return;
    this.#nodes.delete(start);
    const end = start + node.pages;
    const below = this.#holes.find((hole) => hole.start + hole.pages === start);
    const above = this.#holes.find((hole) => hole.start === end);
    this.#holes = this.#holes.filter((hole) => hole !== below && hole !== above);
    const from = below?.start ?? start;
    this.#holes.push({ start: from, pages: (above === undefined ? end : above.start + above.pages) - from });
  }
}
