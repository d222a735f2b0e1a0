/** Parameters of every property test: the seed is printed with a failure, and MEMTRACK_SEED plays one again. */
export function property(numRuns = 200): { readonly seed: number; readonly numRuns: number } {
  const given = process.env['MEMTRACK_SEED'];
  return { seed: given === undefined ? Date.now() | 0 : Number(given), numRuns };
}
