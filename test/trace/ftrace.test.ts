import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { replay } from '../../lib/replay/index.ts';
import { convertTrace } from '../../lib/trace/convert.ts';
import { openTrace } from '../../lib/trace/open.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'memtrack-ftrace-'));
const CAPTURE = new URL('../captures/ftrace/dmabuf-life.trace.gz', import.meta.url).pathname;

const TEXT = `# tracer: nop
#
               a-7       (    4) [000] .....     1.500000: dma_heap_stat: inode=9 len=4096B total_allocated=8192B
               b-8       (    4) [001] .....     1.600000: sched_wakeup: comm=a pid=7
`;

function file(name: string, bytes: string | Uint8Array): string {
  const at = path.join(folder, name);
  writeFileSync(at, bytes);
  return at;
}

async function factsAndLosses(at: string): Promise<{ format: string; mode: string; losses: string[] }> {
  using replayed = await replay(await openTrace(at));
  expect(replayed.snapshot().buffers.size).toEqual([4096, 4096]);
  return {
    format: replayed.facts.format,
    mode: replayed.facts.mode,
    losses: replayed.losses.map(({ name, count }) => `${name} ${count}`).sort(),
  };
}

describe('ftrace text is known by its content, in every container', () => {
  const zlib = deflateSync(TEXT);
  test.each([
    ['as it is', TEXT],
    ['with a banner, CRLF and a byte order mark', `\ufeffshell:/ $ cat trace\r\n${TEXT.replaceAll('\n', '\r\n')}`],
    ['gzip of two members', Buffer.concat([gzipSync(TEXT.slice(0, 99)), gzipSync(TEXT.slice(99))])],
    ['atrace', `capturing trace... done\nTRACE:\n${TEXT}`],
    ['atrace -z', Buffer.concat([Buffer.from('capturing trace... done\nTRACE:\n'), zlib])],
    ['atrace -z over adb', Buffer.concat([Buffer.from('TRACE:\r\n'), zlib])],
    ['a page', `<!DOCTYPE html>\n<script class="trace-data" type="application/text">\n${TEXT}</script>\n</html>\n`],
    ['JSON', JSON.stringify({ traceEvents: [], systemTraceEvents: TEXT })],
  ])('%s', async (what, bytes) => {
    const { format, mode, losses } = await factsAndLosses(file(what, bytes));
    expect(format).toBe('ftrace');
    expect(mode).toBe('allocator');
    expect(losses.filter((loss) => !loss.startsWith('banner_lines'))).toEqual([
      'other_events 1',
      'task_without_start 1',
    ]);
  });

  test('atrace -z that is cut off or damaged', async () => {
    const mark = Buffer.from('TRACE:\n');
    const many = deflateSync(TEXT + 'x'.repeat(5000));
    const torn = await openTrace(file('torn', Buffer.concat([mark, many.subarray(0, many.length - 9)])));
    using replayed = await replay(torn);
    expect(replayed.losses.map(({ name }) => name)).toContain('zlib_torn');
  });

  test('the counter of other events names them, that of damage says where', async () => {
    using replayed = await replay(await openTrace(file('noise', `${TEXT}second half\n`)));
    const meaning = (name: string): string | undefined => replayed.losses.find((loss) => loss.name === name)?.meaning;
    expect(meaning('other_events')).toMatch(/passed over\. sched_wakeup 1\.$/);
    expect(meaning('unreadable_lines')).toMatch(new RegExp(`The first is at byte ${TEXT.length}\\.$`));
  });
});

describe('converted to .mtrk', () => {
  test('the same answer comes out at every moment', async () => {
    const out = path.join(folder, 'out.mtrk');
    await convertTrace(await openTrace(CAPTURE), out);
    const times = [
      ...gunzipSync(readFileSync(CAPTURE))
        .toString('latin1')
        .matchAll(/ (\d+)\.(\d{6}): /g),
    ];
    for (const [, seconds = '', micros = ''] of times.filter((_, i) => i % 97 === 0)) {
      const at = BigInt(seconds + micros) * 1000n;
      using before = await replay(await openTrace(CAPTURE), { at });
      using after = await replay(await openTrace(out), { at });
      expect(after.snapshot()).toEqual(before.snapshot());
      expect(after.losses).toEqual(before.losses);
    }
  });

  test('allocator accounting stays what it is', async () => {
    const out = path.join(folder, 'heap.mtrk');
    await convertTrace(await openTrace(file('heap', TEXT)), out);
    const reader = await openTrace(out);
    expect(reader.facts.mode).toBe('allocator');
    expect(reader.facts.origin).toBe('ftrace');
    using replayed = await replay(reader);
    expect(replayed.snapshot().buffers.size).toEqual([4096, 4096]);
  });
});

test('truncated at every byte, or with bits flipped, it is replayed without a failure', async () => {
  const text = gunzipSync(readFileSync(CAPTURE)).subarray(0, 6000);
  for (let size = 0; size < text.length; size += 61) {
    using replayed = await replay(
      await openTrace(file('cut', size === 0 ? '#' : text.subarray(0, size)), { format: 'ftrace' }),
    );
    expect(replayed.tracker.check()).toBeNull();
  }
  for (let at = 0; at < text.length; at += 61) {
    const damaged = Buffer.from(text);
    damaged[at] = damaged[at]! ^ (1 << (at % 8));
    using replayed = await replay(await openTrace(file('flipped', damaged), { format: 'ftrace' }));
    expect(replayed.tracker.check()).toBeNull();
    replayed.snapshot();
  }
});
