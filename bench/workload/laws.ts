import { MAX_HOLDERS, type Shape } from './shape.ts';

/** Weight, beside the steep tail, of buffers that nearly everybody holds: a flat tail up to the limit. */
const POPULAR = 0.01;

/** Share of buffers aimed at 0, 1, 2 … MAX_HOLDERS holders. */
export function holderShares(shape: Shape): Float64Array {
  const shares = new Float64Array(MAX_HOLDERS + 1);
  shape.holders.forEach((share, i) => (shares[i + 1] = share));
  const rest = 1 - shape.holders.reduce((sum, share) => sum + share, 0);
  const tail = (n: number) =>
    shape.holderTail ** (n - shape.holders.length) + POPULAR * 0.88 ** (n - shape.holders.length);
  let weight = 0;
  // Forked children come on top of the aim, so the aims stop a little short of the limit.
  const last = MAX_HOLDERS - 3;
  for (let n = shape.holders.length + 1; n <= last; n++) weight += tail(n);
  for (let n = shape.holders.length + 1; n <= last; n++) shares[n] = (rest * tail(n)) / weight;
  return shares;
}

/** Handles aimed at for each process slot: quantiles of a log-normal law. */
export function handleAims(shape: Shape): Float64Array {
  return Float64Array.from({ length: shape.processes }, (_, i) => {
    const z = normalQuantile((i + 0.5) / shape.processes);
    return Math.min(shape.maxHandles, shape.medianHandles * Math.exp(shape.sigmaHandles * z));
  });
}

/** Inverse of the normal distribution, to about 5·10⁻⁴ (Hastings' rational approximation). */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
  const z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return p < 0.5 ? -z : z;
}
