import { describe, expect, test } from 'vitest';
import { CAP, caps } from '../../lib/model/credentials.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import { refusal } from '../model/world.ts';
import { attempt, attempts, pair } from './access-world.ts';

const ALICE = { uid: 1000, gid: 1000 };
const BOB = { uid: 1001, gid: 1001 };
const OPEN_TO_ALL = ['comm', 'status', 'stat', 'statm', 'task/', 'task/612/comm'];
/** What needs a look by PTRACE_MODE_READ_FSCREDS alone, whatever the mode of directories says. */
const LOOKED_AT = ['maps', 'smaps', 'smaps_rollup', 'fdinfo/', 'fdinfo/0', 'task/612/dmabuf_fds'];

describe('what Linux 6.18 was seen to allow', () => {
  test('the same user reads everything', () => {
    expect(attempts(pair(ALICE, ALICE))).toBe('ok');
  });

  test('another user, or a user of root, reads nothing', () => {
    expect(attempts(pair(ALICE, BOB))).toBe('EACCES');
    expect(attempts(pair(ALICE, {}))).toBe('EACCES');
  });

  test('the same user does not if the target is not dumpable', () => {
    const both = pair(ALICE, ALICE);
    both.target.setDumpable(0);
    expect(attempts(both)).toBe('EACCES');
    both.target.setDumpable(1);
    expect(attempts(both)).toBe('ok');
  });

  test('root reads everything', () => {
    const both = pair({}, ALICE);
    both.target.setDumpable(0);
    expect(attempts(both)).toBe('ok');
  });

  test('who is not allowed still reads what has no secrets', () => {
    expect(attempts(pair(ALICE, BOB), OPEN_TO_ALL)).toBe('ok');
  });
});

describe('the order of the check', () => {
  test('the own thread group first, whatever else', () => {
    const { kernel, target } = pair(ALICE, ALICE);
    const thread = target.clone(CLONE_PTHREAD);
    target.setDumpable(0);
    thread.setuid(1000);
    expect(attempts({ kernel, reader: thread })).toBe('ok');
  });

  test.each(['real', 'effective', 'saved'] as const)('the %s uid of the target must be the reader’s', (which) => {
    const { kernel, reader, target } = pair(ALICE, ALICE);
    target.credentials = { ...target.credentials, uid: { ...target.credentials.uid, [which]: 1001 } };
    // Reading what is listed needs more than listing, which the mode allows to the effective uid.
    expect(attempts({ kernel, reader }, [...LOOKED_AT, 'fd/0', 'map_files/'])).toBe('EACCES');
    expect(attempt({ kernel, reader }, 'fd/')).toBe(which === 'effective' ? 'EACCES' : 'ok');
  });

  test.each(['real', 'effective', 'saved'] as const)('so must the %s gid', (which) => {
    const { kernel, reader, target } = pair(ALICE, ALICE);
    target.credentials = { ...target.credentials, gid: { ...target.credentials.gid, [which]: 1001 } };
    expect(attempt({ kernel, reader }, 'maps')).toBe('EACCES');
  });

  test('the reader’s file system ids count, not its effective ones', () => {
    const root = pair({ caps: caps(CAP.SETUID, CAP.SETGID) }, ALICE);
    root.reader.setfsgid(1000);
    root.reader.setfsuid(1000);
    expect(attempts(root)).toBe('ok');
    const alice = pair({ ...ALICE, caps: caps(CAP.SETUID) }, ALICE);
    alice.reader.setfsuid(1001);
    expect(attempts(alice)).toBe('EACCES');
  });

  test('CAP_SYS_PTRACE replaces the ids and dumpability, but does not list fd', () => {
    const both = pair({ ...ALICE, caps: caps(CAP.SYS_PTRACE) }, BOB);
    both.target.setDumpable(0);
    expect(attempts(both, LOOKED_AT)).toBe('ok');
    expect(attempts(both, ['fd/', 'fd/0', 'map_files/'])).toBe('EACCES');
  });

  test('CAP_DAC_READ_SEARCH lists fd, and no more', () => {
    const both = pair({ ...ALICE, caps: caps(CAP.DAC_READ_SEARCH) }, BOB);
    expect(attempt(both, 'fd/')).toBe('ok');
    expect(attempts(both, [...LOOKED_AT, 'fd/0', 'map_files/'])).toBe('EACCES');
  });

  test('the target may have no capability that the reader has not', () => {
    const both = pair(ALICE, { ...ALICE, caps: caps(CAP.KILL) });
    expect(attempts(both, [...LOOKED_AT, 'fd/0', 'map_files/'])).toBe('EACCES');
    expect(attempt(both, 'fd/')).toBe('ok');
    expect(attempts(pair({ ...ALICE, caps: caps(CAP.KILL, CAP.CHOWN) }, { ...ALICE, caps: caps(CAP.KILL) }))).toBe(
      'ok',
    );
  });

  test('the reader’s effective capabilities count, the target’s permitted ones', () => {
    const both = pair({ ...ALICE, caps: caps(CAP.KILL) }, { ...ALICE, caps: caps(CAP.KILL) });
    both.target.capset(caps(CAP.KILL), 0n);
    expect(attempt(both, 'maps')).toBe('ok');
    both.reader.capset(caps(CAP.KILL), 0n);
    expect(attempt(both, 'maps')).toBe('EACCES');
  });

  test('who shares the address space reads its maps, though not the rest', () => {
    const { kernel, target } = pair(ALICE, {});
    const reader = target.clone(CLONE.VM);
    reader.setresuid(1000, 1000, 1000);
    expect(attempt({ kernel, reader }, 'maps')).toBe('ok');
    expect(attempt({ kernel, reader }, 'fdinfo/0')).toBe('EACCES');
  });
});

describe('memtrack', () => {
  test('the posted file is for everyone', () => {
    expect(attempt(pair(ALICE, BOB, 'posted'), 'memtrack')).toBe('ok');
    expect(attempt(pair(ALICE, {}, 'posted'), 'memtrack')).toBe('ok');
  });

  test('the one that was promised is for who may look into the process', () => {
    expect(attempt(pair(ALICE, BOB, 'intended'), 'memtrack')).toBe('EACCES');
    expect(attempt(pair(ALICE, ALICE, 'intended'), 'memtrack')).toBe('ok');
    expect(attempt(pair({}, ALICE, 'intended'), 'memtrack')).toBe('ok');
  });
});

test('debugfs is for root, though its files could be read by all', () => {
  const { kernel, reader } = pair(ALICE, ALICE);
  const bufinfo = '/sys/kernel/debug/dma_buf/bufinfo';
  expect(refusal(() => kernel.read(bufinfo, { as: reader }))).toBe('EACCES');
  expect(kernel.read(bufinfo, { as: kernel.spawn() })).toContain('Dma-buf Objects');
  expect(kernel.read(bufinfo, { as: kernel.spawn({ credentials: { ...ALICE, caps: caps(CAP.DAC_OVERRIDE) } }) })).toBe(
    kernel.read(bufinfo),
  );
});

describe('whose files they are', () => {
  const owners = (both: ReturnType<typeof pair>): Record<string, readonly number[]> =>
    Object.fromEntries(
      ['', 'fd', 'fdinfo', 'task', 'maps', 'comm', 'fdinfo/0'].map((name) => {
        const { uid, gid, mode } = both.kernel.stat(`/proc/612/${name}`);
        return [name, [uid, gid, mode]];
      }),
    );

  test('the user’s', () => {
    expect(owners(pair(ALICE, { uid: 1000, gid: 1001 }))).toEqual({
      '': [1000, 1001, 0o555],
      fd: [1000, 1001, 0o500],
      fdinfo: [1000, 1001, 0o555],
      task: [1000, 1001, 0o555],
      maps: [1000, 1001, 0o444],
      comm: [1000, 1001, 0o644],
      'fdinfo/0': [1000, 1001, 0o444],
    });
  });

  test('root’s if not dumpable, but for the directories that all may search', () => {
    const both = pair(ALICE, ALICE);
    both.target.setDumpable(0);
    expect(owners(both)).toMatchObject({ '': [1000, 1000, 0o555], task: [1000, 1000, 0o555], fd: [0, 0, 0o500] });
    expect(owners(both)).toMatchObject({ maps: [0, 0, 0o444], comm: [0, 0, 0o644] });
  });
});
