import { describe, expect, test } from 'vitest';
import { CAP, caps } from '../../lib/model/credentials.ts';
import type { CredentialOptions } from '../../lib/model/credentials.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import { ptraceMayRead, ptraceRefuses } from '../../lib/model/ptrace-access.ts';

const ALICE = { uid: 1000, gid: 1000 };
const PTRACE = caps(CAP.SYS_PTRACE);

/** Why one is refused the other, by the first check that does; `dumpable` is the target's. */
function refused(reader: CredentialOptions, target: CredentialOptions, dumpable = 1): string | null {
  const kernel = new Kernel({ memtrack: 'off' });
  const other = kernel.spawn({ credentials: target });
  if (dumpable !== 1) other.setDumpable(dumpable);
  return ptraceRefuses(kernel.spawn({ credentials: reader }), other);
}

describe('PTRACE_MODE_READ_FSCREDS', () => {
  test.each([
    ['same ids', ALICE, ALICE, 1, null],
    ['another uid', ALICE, { ...ALICE, uid: 1001 }, 1, 'ids'],
    ['another gid', ALICE, { ...ALICE, gid: 1001 }, 1, 'ids'],
    ['a gid among the groups does not do', { ...ALICE, groups: [1001] }, { ...ALICE, gid: 1001 }, 1, 'ids'],
    ['not dumpable', ALICE, ALICE, 0, 'dumpable'],
    ['more capabilities', ALICE, { ...ALICE, caps: caps(CAP.KILL) }, 1, 'capabilities'],
    ['the ids come before dumpability', ALICE, {}, 0, 'ids'],
    ['dumpability before capabilities', ALICE, { ...ALICE, caps: caps(CAP.KILL) }, 0, 'dumpable'],
    ['CAP_SYS_PTRACE for the ids', { ...ALICE, caps: PTRACE }, {}, 1, null],
    ['CAP_SYS_PTRACE for dumpability', { ...ALICE, caps: PTRACE }, ALICE, 0, null],
    ['CAP_SYS_PTRACE for capabilities', { ...ALICE, caps: PTRACE }, { ...ALICE, caps: caps(CAP.KILL) }, 1, null],
    ['another capability for nothing', { ...ALICE, caps: caps(CAP.SYS_ADMIN) }, {}, 1, 'ids'],
    ['root without capabilities at a user', { caps: 0n }, ALICE, 1, 'ids'],
    ['root without capabilities at root', { caps: 0n }, {}, 1, 'capabilities'],
    ['root at anyone', {}, ALICE, 0, null],
  ] as const)('%s', (_name, reader, target, dumpable, why) => {
    expect(refused(reader, target, dumpable)).toBe(why);
  });

  test('suid_dumpable 2 is not dumpable either', () => {
    const kernel = new Kernel({ memtrack: 'off' });
    const [reader, target] = [kernel.spawn({ credentials: ALICE }), kernel.spawn({ credentials: ALICE })];
    target.mm.dumpable = 2;
    expect(ptraceRefuses(reader, target)).toBe('dumpable');
  });

  test('is not asked within a thread group, and is within a vfork', () => {
    const kernel = new Kernel({ memtrack: 'off' });
    const task = kernel.spawn({ credentials: ALICE });
    const thread = task.clone(CLONE_PTHREAD);
    const child = task.clone(CLONE.VM);
    task.setDumpable(0);
    expect([ptraceMayRead(thread, task), ptraceMayRead(task, thread), ptraceMayRead(child, task)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('a set-user-id program is out of its user’s sight, and sees him', () => {
    const kernel = new Kernel({ memtrack: 'off' });
    const shell = kernel.spawn({ credentials: ALICE });
    const passwd = shell.fork();
    passwd.exec('passwd', { setuid: 0 });
    expect([ptraceRefuses(shell, passwd), ptraceRefuses(passwd, shell)]).toEqual(['ids', null]);
    passwd.setresuid(1000, 1000, 1000);
    expect(ptraceRefuses(shell, passwd)).toBe('dumpable');
    passwd.exec('sh');
    expect(ptraceRefuses(shell, passwd)).toBeNull();
  });

  test('one that has ended has no memory to protect', () => {
    const kernel = new Kernel({ memtrack: 'off' });
    const [reader, parent] = [kernel.spawn({ credentials: ALICE }), kernel.spawn({ credentials: ALICE })];
    const target = parent.fork();
    target.setDumpable(0);
    expect(ptraceRefuses(reader, target)).toBe('dumpable');
    target.exitGroup();
    expect(ptraceRefuses(reader, target)).toBeNull();
  });
});
