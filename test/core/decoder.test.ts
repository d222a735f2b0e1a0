import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DECODE_COUNTERS, Decoder, looksLikeStrace, TAKE_LEAST_RECORDS } from '../../lib/core/decoder.ts';
import { FLAG, OP, RECORD_WORDS } from '../../lib/core/record.ts';

const CAPTURES = new URL('../captures/', import.meta.url);
const capture = (name: string): Uint8Array => gunzipSync(readFileSync(fileURLToPath(new URL(name, CAPTURES))));
const OP_NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));

interface Decoded {
  readonly words: Uint32Array;
  readonly strings: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Decodes `bytes` in chunks of `chunk`. */
function decode(bytes: Uint8Array, chunk = bytes.length, room = 4096): Decoded {
  const decoder = new Decoder('strace');
  const out = new Uint32Array(room * RECORD_WORDS);
  const parts: Uint32Array[] = [];
  const take = (): void => {
    for (let n = decoder.take(out); n > 0; n = decoder.take(out)) parts.push(out.slice(0, n * RECORD_WORDS));
  };
  for (let at = 0; at < bytes.length; at += chunk) {
    decoder.push(bytes.subarray(at, at + chunk));
    take();
  }
  decoder.finish();
  take();
  const words = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  const counters = Object.fromEntries(decoder.counters().map(({ name, count }) => [name, count]));
  const strings = decoder.strings(0);
  decoder.close();
  return { words, strings, counters };
}

function count(words: Uint32Array): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    const name = OP_NAMES.get(words[at + 7]! & 0xffff) ?? 'unknown';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** One line per record of the given ops: op task buffer aux [size]. */
function list({ words, strings }: Decoded, ...ops: readonly number[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    const op = words[at + 7]! & 0xffff;
    if (!ops.includes(op)) continue;
    const text = strings[words[at + 6]!] ?? '';
    lines.push(`${OP_NAMES.get(op) ?? ''} ${words[at + 4]!} ${words[at + 5]!} ${text}`);
  }
  return lines;
}

describe('a real recording of Python programs', () => {
  const bytes = capture('strace-python/python.strace.gz');
  const decoded = decode(bytes);

  test('is told from other text', () => {
    expect(looksLikeStrace(bytes.subarray(0, 4096))).toBe(true);
    expect(looksLikeStrace(capture('strace-dmabuf/strace.txt.gz').subarray(0, 4096))).toBe(true);
    expect(looksLikeStrace(readFileSync(fileURLToPath(import.meta.url)))).toBe(false);
  });

  test('gives its events, and nothing is lost', () => {
    expect(decoded.counters).toEqual({});
    expect(count(decoded.words)).toMatchObject({
      task: 4,
      clone: 3,
      execve: 3,
      memfd: 3,
      send: 1,
      receive: 1,
      socketpair: 4,
      unlink: 1,
      taskExit: 4,
      status: 3,
    });
  });

  test("a vforked child, whose lines stand inside its parent's call, follows its clone", () => {
    const { words } = decoded;
    const introduced = new Set<number>();
    let clones = 0;
    for (let at = 0; at < words.length; at += RECORD_WORDS) {
      const op = words[at + 7]! & 0xffff;
      const task = words[at + 4]!;
      if (op === OP.tail) continue;
      if (op === OP.task) introduced.add(task);
      if (op === OP.clone) {
        clones++;
        expect(words[at - RECORD_WORDS + 7]! & 0xffff).toBe(OP.task);
        expect(words[at - RECORD_WORDS + 4]).toBe(words[at + 6]);
      }
      expect(introduced.has(task)).toBe(true);
    }
    expect(clones).toBe(3);
  });

  test('pairs what is sent and received', () => {
    expect(list(decoded, OP.memfd, OP.send, OP.receive, OP.unlink)).toEqual([
      'memfd 1 14 tile-0',
      'memfd 1 15 tile-1',
      'memfd 1 17 tile-2',
      'send 1 5 UNIX-STREAM:[364087->364088]',
      'receive 3 7 UNIX-STREAM:[364088->364087]',
      'unlink 1 0 /dev/shm/demo-ring',
    ]);
  });

  test('times never decrease and keep every digit', () => {
    const { words } = decoded;
    let latest = 0n;
    for (let at = 0; at < words.length; at += RECORD_WORDS) {
      if ((words[at + 7]! & 0xffff) === OP.tail) continue;
      const time = (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
      expect(time >= latest).toBe(true);
      latest = time;
    }
    expect(latest).toBe(1795267382170635000n);
  });

  test.each([1, 7, 4096, 65536])('is the same in chunks of %d bytes', (chunk) => {
    const again = decode(bytes, chunk, TAKE_LEAST_RECORDS);
    expect(again.words).toEqual(decoded.words);
    expect(again.strings).toEqual(decoded.strings);
  });
});

describe('a real recording of dma-bufs', () => {
  const decoded = decode(capture('strace-dmabuf/strace.txt.gz'));

  test('gives its events', () => {
    expect(decoded.counters).toEqual({});
    expect(count(decoded.words)).toMatchObject({
      task: 7,
      clone: 6,
      udmabuf: 3,
      heapAlloc: 2,
      setName: 5,
      send: 1,
      receive: 1,
      unshareFiles: 1,
    });
  });

  test('shows descriptors that no call returned at their first use', () => {
    expect(list(decoded, OP.heapAlloc, OP.fdName)).toEqual([
      'fdName 2 7 /dmabuf:',
      'fdName 2 9 /dmabuf:',
      `heapAlloc 2 4294967295 system`,
      'fdName 2 8 /dmabuf:',
      `heapAlloc 2 4294967295 system`,
      'fdName 2 7 /dmabuf:cam-frame-0',
      'fdName 2 10 /dmabuf:',
      'fdName 2 9 /dmabuf:cam-frame-1',
      'fdName 7 12 /dmabuf:',
      'fdName 2 8 /dmabuf:scratch (deleted)',
    ]);
  });

  test('names the destination of a datagram', () => {
    expect(list(decoded, OP.send, OP.receive)).toEqual([
      'send 2 4 UNIX:[1322]|@stage.172.box.encoder',
      'receive 3 4 UNIX:[1324]',
    ]);
  });
});

describe('a decoder refuses what it cannot do', () => {
  const words = new Uint32Array(TAKE_LEAST_RECORDS * RECORD_WORDS);

  test('unknown formats', () => {
    expect(() => new Decoder('atrace' as 'strace')).toThrow("format: 'atrace' is not known; one of: strace");
    expect(() => new Decoder(7 as unknown as 'strace')).toThrow('format: expected a string');
  });

  test('arguments of another kind', () => {
    const decoder = new Decoder('strace');
    expect(() => decoder.push('4211 close(3) = 0\n' as unknown as Uint8Array)).toThrow('bytes: expected a Uint8Array');
    expect(() => decoder.push(words as unknown as Uint8Array)).toThrow('bytes: expected a Uint8Array');
    expect(() => decoder.take(new Uint8Array(1 << 16) as unknown as Uint32Array)).toThrow(
      'out: expected a Uint32Array',
    );
    expect(() => decoder.take(undefined as unknown as Uint32Array)).toThrow('out: expected a Uint32Array');
    expect(() => decoder.take(new Uint32Array(new ArrayBuffer(1 << 16), 4))).toThrow('multiple of 8 bytes');
    expect(() => decoder.take(words.subarray(RECORD_WORDS))).toThrow(RangeError);
    expect(() => decoder.strings(-1)).toThrow('from: expected a whole number');
    expect(() => decoder.strings(2)).toThrow('from: expected a whole number from 0 to 1');
    decoder.close();
  });

  test('a detached buffer', () => {
    const decoder = new Decoder('strace');
    const bytes = new Uint8Array(16);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(() => decoder.push(bytes)).toThrow(/detached/);
    decoder.close();
  });

  test('anything once it is closed, but to be closed again', () => {
    const decoder = new Decoder('strace');
    decoder.close();
    decoder.close();
    expect(() => decoder.push(new Uint8Array(1))).toThrow('the decoder is closed');
    expect(() => decoder.take(words)).toThrow('the decoder is closed');
    expect(() => decoder.counters()).toThrow('the decoder is closed');
    expect(() => decoder.finish()).toThrow('the decoder is closed');
  });

  test('bytes after the end', () => {
    const decoder = new Decoder('strace');
    decoder.finish();
    decoder.finish();
    expect(() => decoder.push(new Uint8Array(1))).toThrow('after finish()');
    decoder.close();
  });
});

test('a name that is not UTF-8 keeps its bytes', () => {
  const text = String.raw`4211 memfd_create("caf\303\251\377", 0) = 5</memfd:caf\303\251\377>(deleted)` + '\n';
  const { words, strings } = decode(Buffer.from(text));
  const memfd = words.findIndex((word, i) => i % RECORD_WORDS === 7 && (word & 0xffff) === OP.memfd);
  expect(strings[words[memfd - 1]!]).toBe('café\udcff');
});

test('a group is never split, however small the array', () => {
  const fds = Array.from({ length: 250 }, (_, i) => String(i + 10)).join(', ');
  const line =
    `4211 sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[], msg_iovlen=0, msg_control=[{cmsg_len=1016, ` +
    `cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[${fds}]}], msg_controllen=1016, msg_flags=0}, 0) = 1\n`;
  const decoder = new Decoder('strace');
  decoder.push(Buffer.from(line.repeat(3)));
  decoder.finish();
  const out = new Uint32Array(TAKE_LEAST_RECORDS * RECORD_WORDS);
  const counts: number[] = [];
  for (let n = decoder.take(out); n > 0; n = decoder.take(out)) {
    counts.push(n);
    expect((out[n * RECORD_WORDS - 1]! >>> 16) & FLAG.more).toBe(0);
  }
  expect(counts).toEqual([252, 251, 251]);
  decoder.close();
});

test.each(DECODE_COUNTERS)('$name says what it means in a sentence', ({ meaning }) => {
  expect(meaning).toMatch(/^[A-Z].*[^.]\.$/);
});
