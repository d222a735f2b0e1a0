import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { convertTrace } from '../../lib/trace/convert.ts';
import { openTrace } from '../../lib/trace/open.ts';
import { DMABUF, PYTHON, runHere, runWith } from './captured-io.ts';

interface Document {
  readonly schema: string;
  readonly at: string;
  readonly processes: readonly { readonly pid: number; readonly state: string }[];
  readonly buffers: readonly {
    readonly key: number;
    readonly id: number | null;
    readonly name: string | null;
    readonly size: number | null;
    readonly holders: readonly { readonly pid: number; readonly fdList?: readonly unknown[] }[];
  }[];
  readonly losses: readonly { readonly name: string }[];
  readonly traces?: readonly Document[];
}

const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-replay-'));

afterAll(() => rmSync(directory, { recursive: true }));

async function json(...argv: readonly string[]): Promise<Document> {
  const { status, stdout } = await runHere(...argv, '--json');
  expect(status).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe('replay', () => {
  test('--json is one document, at a time to the nanosecond', async () => {
    const answer = await json('replay', PYTHON, '--at', '1795267381.188111875');
    expect([answer.schema, answer.at]).toEqual(['memtrack/1', '1795267381188111875']);
    expect(answer.buffers.map(({ name, size, holders }) => [name, size, holders.map(({ pid }) => pid)])).toEqual([
      ['demo-ring', 3145728, [17069, 17071, 17384]],
      ['tile-0', 65536, [17071]],
      ['tile-1', 131072, [17069, 17071, 17384]],
      ['tile-2', 262144, [17069, 17384]],
    ]);
  });

  test.each([
    [['--at', '-1s'], '1795267381170635000'],
    [['--at=-1s'], '1795267381170635000'],
    [['--at', '+1.5s'], '1795267380455130000'],
    [['--at', '1795267381170635000ns'], '1795267381170635000'],
    [[], '1795267382170635000'],
  ])('%j', async (argv, at) => {
    expect((await json('replay', PYTHON, ...argv)).at).toBe(at);
  });

  test('--detail names descriptors and mappings', async () => {
    const { buffers } = await json('replay', PYTHON, '--at', '1795267379.508977859', '--detail');
    expect(buffers[0]!.holders[0]!.fdList).toEqual([
      { fd: 3, cloexec: true },
      { fd: 4, cloexec: true },
    ]);
  });

  test('the end state of every process', async () => {
    const { processes } = await json('replay', PYTHON);
    expect(processes.map(({ pid, state }) => `${pid} ${state}`)).toEqual([
      '17069 exited',
      '17070 exited',
      '17071 exited',
      '17384 killed',
    ]);
  });

  test('several traces are one document', async () => {
    const { schema, traces } = await json('replay', PYTHON, DMABUF);
    expect([schema, traces!.length]).toEqual(['memtrack-traces/1', 2]);
  });

  test('as a table by process and by buffer', async () => {
    const processes = await runHere('replay', PYTHON, '--at', '-1s', '--sort', 'pid', '--top', '2');
    expect(processes.stdout).toMatch(/4 buffers, 3\.4 MiB/);
    expect(processes.stdout).toMatch(/17069 +python3 +alive/);
    expect(processes.stdout).toMatch(/2 more processes not shown/);
    const buffers = await runHere('replay', PYTHON, '--at', '-1s', '--by', 'buffer', '--sort', 'name');
    expect(buffers.stdout).toMatch(/demo-ring[^]*tile-0[^]*tile-1[^]*tile-2/);
    expect([processes.stderr, buffers.stderr]).toEqual(['', '']);
  });

  test('--csv has exact bytes', async () => {
    const { stdout } = await runHere('replay', PYTHON, '--at', '-1s', '--by', 'buffer', '--csv');
    expect(stdout.split('\n')[1]).toContain(',3145728,');
  });

  test('--sort and --top hold for --json and --csv too', async () => {
    const at = ['--at', '-1s'];
    const { processes, buffers } = await json('replay', PYTHON, ...at, '--sort', 'pid', '--top', '2');
    expect([processes.map(({ pid }) => pid), buffers.length]).toEqual([[17069, 17070], 4]);
    const named = await json('replay', PYTHON, ...at, '--by', 'buffer', '--top', '1');
    expect([named.buffers.map(({ name }) => name), named.processes.length]).toEqual([['demo-ring'], 4]);
    const { stdout } = await runHere('replay', PYTHON, ...at, '--csv', '--sort', 'pid', '--top', '1');
    expect(stdout.split('\n').map((line) => line.split(',')[0])).toEqual(['pid', '17069', '']);
  });

  test('a recording without pids has none, and says how to get them', async () => {
    const file = path.join(directory, 'app.4211');
    const text = gunzipSync(readFileSync(PYTHON)).toString('latin1');
    writeFileSync(file, text.replaceAll(/^(?!17069 ).*\n/gm, '').replaceAll(/^17069 /gm, ''), 'latin1');
    const { stdout, stderr } = await runHere('replay', file);
    expect(stdout).toMatch(/^ +- +python3 +exited 0/m);
    expect(stderr).toMatch(/has no pids:.*strace-log-merge/);
    expect((await json('replay', file)).processes.map(({ pid }) => pid)).toContain(0);
  });

  test('posted: only what gave a memtrack buffer is tracked', async () => {
    const ids = async (semantics: string): Promise<unknown[]> =>
      (await json('replay', PYTHON, '--at', '-1s', '--semantics', semantics)).buffers.map(({ id }) => id);
    expect(await ids('posted')).toEqual([null, null, null, null]);
    expect(await ids('intended')).toEqual([0, 1, 2, 3]);
  });

  test('posted says that nothing of a strace recording is tracked; intended does not', async () => {
    expect((await runHere('replay', PYTHON, '--semantics', 'posted')).stderr).toMatch(
      /memtrack buffer \(ION\).*has none/,
    );
    expect((await runHere('replay', PYTHON)).stderr).toBe('');
    expect((await runHere('replay', '--help')).stdout.replaceAll(/\s+/g, ' ')).toMatch(/posted tracks only exporters/);
  });

  test('a .mtrk torn before its first event has a clock and is at its start', async () => {
    const whole = path.join(directory, 'whole.mtrk');
    const torn = path.join(directory, 'torn.mtrk');
    await convertTrace(await openTrace(PYTHON), whole);
    writeFileSync(torn, readFileSync(whole).subarray(0, 100));
    const { stdout } = await runHere('replay', torn);
    expect(stdout).toMatch(
      /^\S+: strace, nothing that could be read from 1795267378\.955130 on\nAt 1795267378\.955130 s/,
    );
    expect((await json('replay', torn)).at).toBe('1795267378955130000');
  });

  test('--strict says 3 where something is missing or wrong, else 0', async () => {
    expect((await runHere('replay', DMABUF, '--strict')).status).toBe(3);
    expect((await runHere('replay', PYTHON, '--strict')).status).toBe(0);
  });

  test('colours only on a terminal that wants them', async () => {
    const { signal } = new AbortController();
    const escape = '\u001b[';
    expect((await runWith(signal, { isTTY: true }, ['replay', PYTHON])).stdout).toContain(escape);
    expect((await runWith(signal, { isTTY: true, env: { NO_COLOR: '1' } }, ['replay', PYTHON])).stdout).not.toContain(
      escape,
    );
    expect((await runHere('replay', PYTHON)).stdout).not.toContain(escape);
  });

  test('a time outside the recording is said', async () => {
    expect((await runHere('replay', PYTHON, '--at', '5')).stderr).toMatch(
      /5\.000000 is before the first event, 1795267378\.955130/,
    );
    expect((await runHere('replay', PYTHON, '--at', '1795267999')).stderr).toMatch(/after the last event/);
  });

  test('interrupted before it began, it says so', async () => {
    const interruption = new AbortController();
    interruption.abort(new Error('interrupted'));
    expect((await runWith(interruption.signal, {}, ['replay', PYTHON])).status).toBe(130);
  });
});
