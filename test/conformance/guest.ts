import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CapturedStep, readSteps } from './captures.ts';

/** This machine cannot boot a kernel, or the kernel lacks what a scenario needs. */
export class Unable extends Error {
  override readonly name = 'Unable';
}

/** What a run in the virtual machine brought back; `directory` goes with it. */
export interface GuestRun extends Disposable {
  readonly directory: string;
  readonly guest: string;
  readonly steps: readonly CapturedStep[];
}

/** Exit statuses of run-guest. */
const STATUS = { lacking: 77, setUp: 120, boot: 121, time: 124 } as const;

/**
 * Plays a scenario on a real kernel in a virtual machine (guest/run-guest), which takes 3 to 30 seconds.
 *
 * @param directory Where this file's sources are.
 * @param kernel A package of a kernel, or a directory with one; default Debian's.
 * @throws Unable: no QEMU, no kernel, no right to install them; or a device is missing.
 */
export function playInGuest(directory: string, scenario: string, kernel?: string): GuestRun {
  const out = mkdtempSync(path.join(tmpdir(), 'memtrack-conformance-'));
  const remove = (): void => rmSync(out, { recursive: true, force: true });
  const gpu = /^need\b.*\/dev\/dri\/card1\b/m.test(readFileSync(scenario, 'utf8'));
  const options = [
    '--smaps',
    ...(kernel === undefined ? [] : ['--kernel', kernel, '--modules', '']),
    ...(gpu && kernel === undefined ? ['--gpu'] : []),
  ];
  const { status, stderr, error } = spawnSync(
    path.join(directory, 'guest/run-guest'),
    [...options, '--scenario', scenario, out],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status === 0)
    return {
      directory: out,
      guest: readFileSync(path.join(out, 'guest.txt'), 'utf8'),
      steps: readSteps(path.join(out, 'steps')),
      [Symbol.dispose]: remove,
    };
  const said = [stderr ?? error?.message ?? '', outputOf(out)].join('').trim();
  remove();
  if (status === STATUS.lacking || status === STATUS.setUp || status === STATUS.boot || error !== undefined)
    throw new Unable(said);
  throw new Error(`${path.basename(scenario)}: exit status ${status ?? 'none'}: ${said}`);
}

/** What the player of scenarios said itself, in the machine. */
function outputOf(out: string): string {
  try {
    return readFileSync(path.join(out, 'output.txt'), 'utf8');
  } catch {
    return '';
  }
}
