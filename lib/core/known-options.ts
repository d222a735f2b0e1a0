/** Refuses, with a TypeError that names it, an option that does not exist: a typing error would go unseen. */
export function refuseUnknownOptions(options: object, known: readonly string[], of: string): void {
  for (const name in options) {
    if (!known.includes(name)) {
      throw new TypeError(`${of}: unknown option '${name}'; expected ${known.join(', ')}`);
    }
  }
}
