import { createGunzip } from 'node:zlib';
import type { Losses } from './losses.ts';

/** Input goes in by small pieces, so that what one piece can blow up to (a thousandfold) stays bounded. */
const PIECE_BYTES = 16 << 10;
const OUTPUT_BYTES = 256 << 10;

export const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Unwraps gzip data of one or more members. What is cut off or damaged ends the output early and is counted.
 * Written without pipes: a failing stream throws away what it had already decoded.
 */
export async function* gunzip(
  input: AsyncIterable<Uint8Array>,
  losses: Losses,
): AsyncGenerator<Uint8Array, void, undefined> {
  const engine = createGunzip({ chunkSize: OUTPUT_BYTES });
  let decoded: Uint8Array[] = [];
  let failure: NodeJS.ErrnoException | null = null;
  let ended = false;
  let wake = (): void => undefined;
  engine.on('data', (chunk: Uint8Array) => decoded.push(chunk));
  engine.on('error', (error) => {
    failure = error;
    wake();
  });
  engine.on('end', () => {
    ended = true;
    wake();
  });
  const stopped = (): boolean => ended || failure !== null;
  const untilWoken = async (start: (done: () => void) => void): Promise<void> => {
    if (stopped()) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
      start(resolve);
    });
  };
  const taken = (): readonly Uint8Array[] => {
    const chunks = decoded;
    decoded = [];
    return chunks;
  };

  let given = 0;
  try {
    for await (const chunk of input) {
      given += chunk.length;
      for (let at = 0; at < chunk.length && !stopped(); at += PIECE_BYTES) {
        await untilWoken((done) =>
          engine.write(chunk.subarray(at, at + PIECE_BYTES), () => {
            done();
          }),
        );
        yield* taken();
      }
      if (failure !== null) break;
    }
    await untilWoken(() => engine.end());
    yield* taken();
    const error = failure as NodeJS.ErrnoException | null;
    if (error !== null) losses.count(error.code === 'Z_BUF_ERROR' ? 'gzip_torn' : 'gzip_damaged');
    else losses.count('gzip_trailing_bytes', given - engine.bytesWritten);
  } finally {
    engine.destroy();
  }
}
