import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { adviceFor, replay } from '../../lib/replay/index.ts';
import type { Replayed } from '../../lib/replay/index.ts';
import { openTrace } from '../../lib/trace/open.ts';
import { buffersOf, holdersOf } from './holders.ts';

const TEXT = gunzipSync(readFileSync(new URL('../captures/strace-python/python.strace.gz', import.meta.url))).toString(
  'latin1',
);
const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-forms-'));

/** Before both children end. */
const LAST = '17384 1795267381.309414';

afterAll(() => rmSync(directory, { recursive: true }));

async function replayOf(text: string): Promise<Replayed> {
  const file = path.join(directory, 'trace');
  writeFileSync(file, text, 'latin1');
  return replay(await openTrace(file));
}

async function stateOf(text: string): Promise<{
  readonly holders: readonly string[];
  readonly buffers: readonly string[];
  readonly losses: readonly string[];
}> {
  const replayed = await replayOf(text);
  const snapshot = replayed.snapshot();
  const losses = replayed.losses.filter(({ severity }) => severity !== 'info').map(({ name }) => name);
  replayed.close();
  return { holders: holdersOf(snapshot), buffers: buffersOf(snapshot), losses };
}

const whole = TEXT.slice(0, TEXT.indexOf(LAST));

/** As strace -y prints sockets: without their peers. */
const withY = (text: string): string => text.replaceAll(/<UNIX-STREAM:\[(\d+)->\d+\]>/g, '<socket:[$1]>');

/** As strace prints descriptors without -y. */
const plain = (text: string): string =>
  text
    .replaceAll(/<UNIX-STREAM:\[[^\]]*\]>/g, '')
    .replaceAll(/(\d|AT_FDCWD)<[^<>]*(?:<[^<>]*>)?>(?:\(deleted\))?/g, '$1');

const without = (text: string, call: string): string =>
  text
    .split('\n')
    .filter((line) => !line.includes(` ${call}(`) && !line.includes(`<... ${call} resumed`))
    .join('\n');

describe('the recording as other options of strace would have printed it', () => {
  const truth = stateOf(whole);

  test('with -y: the same, for the socket pair was seen to be made', async () => {
    const { holders, buffers } = await stateOf(withY(whole));
    expect(holders).toEqual((await truth).holders);
    expect(buffers).toEqual((await truth).buffers);
  });

  test('without any names: the same, for memfd_create, /dev/shm and socketpair tell enough', async () => {
    const { holders, buffers, losses } = await stateOf(plain(whole));
    expect(holders).toEqual((await truth).holders);
    expect(buffers).toEqual((await truth).buffers);
    expect(losses).toContain('no_fd_paths');
  });

  test('with -y and no socketpair: paired by the names of what was sent, and marked', async () => {
    const { holders, losses } = await stateOf(without(withY(whole), 'socketpair'));
    expect(holders.map((line) => line.replace(' inferred', ''))).toEqual((await truth).holders);
    expect(losses).toContain('receive_by_names');
  });

  test('without names and socketpair: what was received is unknown', async () => {
    const text = without(plain(whole), 'socketpair');
    const { holders, losses } = await stateOf(text);
    expect(losses).toEqual(expect.arrayContaining(['receive_unknown', 'receive_without_send', 'buffer_size_unknown']));
    expect(holders.filter((line) => line.includes('in flight'))).toEqual([
      'tile-0: in flight from 17069',
      'tile-1: in flight from 17069',
    ]);
  });

  test('without sends: what was received is the only buffer of its name', async () => {
    const { holders, losses } = await stateOf(without(whole, 'sendmsg'));
    expect(holders).toEqual((await truth).holders);
    expect(losses).toEqual(expect.arrayContaining(['calls_not_traced_sendmsg', 'name_resolved']));
  });

  test('without close: descriptors given out again close what was there', async () => {
    const { losses } = await stateOf(without(without(whole, 'close'), 'close_range'));
    expect(losses).toEqual(expect.arrayContaining(['calls_not_traced_close', 'fd_lost_close']));
  });

  test('without the ends of processes: those still there are in an unknown state, and the advice says what to record', async () => {
    const text = TEXT.split('\n')
      .filter((line) => !line.includes('+++') && !line.includes('---'))
      .join('\n');
    const replayed = await replayOf(text);
    const { processes } = replayed.snapshot();
    const advice = adviceFor(replayed.facts.origin, replayed.losses);
    replayed.close();
    expect(processes.state).toEqual(['exited', 'exited', 'exited', 'unknown']);
    expect(advice).toMatch(/strace -f -yy -ttt/);
  });

  test('nothing lacks: no advice', async () => {
    const replayed = await replayOf(TEXT);
    replayed.close();
    expect(adviceFor(replayed.facts.origin, replayed.losses)).toBeNull();
  });
});
