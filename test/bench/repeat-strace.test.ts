import { describe, expect, it } from 'vitest';
import { repeatStrace } from '../../bench/workload/repeat-strace.ts';

const RECORDING = [
  '17 1000.000001 memfd_create("tile", MFD_CLOEXEC) = 3</memfd:tile>(deleted)',
  '17 1000.100000 clone(child_stack=NULL, flags=SIGCHLD) = 18',
  '18 1000.200000 openat(AT_FDCWD, "/proc/17/fd/3", O_RDWR) = 4',
  '17 1000.999999 kill(18, SIGKILL) = 0',
  '18 1001.000000 +++ killed by SIGKILL +++',
  '17 1001.500000 +++ exited with 0 +++',
  '',
].join('\n');

function repeated(bytes: number): string[] {
  const copies: string[] = [];
  repeatStrace(RECORDING, bytes, (text) => copies.push(text));
  return copies;
}

describe('repeatStrace', () => {
  it('leaves the first copy as it was', () => {
    expect(repeated(1)).toEqual([RECORDING]);
  });

  it('repeats until there are enough bytes', () => {
    const text = repeated(10_000).join('');
    expect(text.length).toBeGreaterThanOrEqual(10_000);
    expect(text.length).toBeLessThan(10_000 + 2 * RECORDING.length);
  });

  it('gives every copy pids of its own, wherever one is written', () => {
    const second = repeated(RECORDING.length + 1)[1]!;
    expect(second).toContain('clone(child_stack=NULL, flags=SIGCHLD) = 20\n');
    expect(second).toContain('"/proc/19/fd/3"');
    expect(second).toContain('kill(20, SIGKILL)');
    expect(second.match(/^\d+/gm)).toEqual(['19', '19', '20', '19', '20', '19']);
  });

  it('begins a copy a second after the one before has ended', () => {
    const second = repeated(RECORDING.length + 1)[1]!;
    expect(second.split('\n')[0]).toMatch(/^19 1002\.500000 /);
    expect(second).toContain('20 1003.499999 +++ killed');
  });

  it('refuses what is not a recording with pids and times', () => {
    expect(() => repeatStrace('fork() = 3\n', 100, () => {})).toThrow('not a line of strace -f -ttt: fork() = 3');
  });
});
