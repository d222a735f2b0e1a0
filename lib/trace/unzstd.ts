import { Decompress } from 'fzstd';
import type { Losses } from './losses.ts';

/** Input goes in by small pieces: four bytes may stand for a block of 2 MiB. */
const PIECE_BYTES = 256;
const UNEXPECTED_EOF = 5;

export const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;

/**
 * Unwraps zstd data of one or more frames. What is cut off or damaged ends the output early and is counted.
 * One decoder on every version of Node; node:zlib has its own only from 22.15.
 */
export async function* unzstd(
  input: AsyncIterable<Uint8Array>,
  losses: Losses,
): AsyncGenerator<Uint8Array, void, undefined> {
  let decoded: Uint8Array[] = [];
  const engine = new Decompress((chunk) => decoded.push(chunk));
  let failed = false;
  const push = (piece: Uint8Array, final: boolean): readonly Uint8Array[] => {
    try {
      if (!failed) engine.push(piece, final);
    } catch (error) {
      failed = true;
      losses.count((error as { readonly code?: number }).code === UNEXPECTED_EOF ? 'zstd_torn' : 'zstd_damaged');
    }
    const chunks = decoded;
    decoded = [];
    return chunks;
  };
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length && !failed; at += PIECE_BYTES) {
      yield* push(chunk.subarray(at, at + PIECE_BYTES), false);
    }
  }
  yield* push(new Uint8Array(0), true);
}
