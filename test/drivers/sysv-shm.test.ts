import { describe, expect, test } from 'vitest';
import { IPC, SHM } from '../../lib/drivers/sysv-shm.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, MADV, PAGE, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

function start(): { kernel: Machine; task: Task } {
  const kernel = new Machine();
  kernel.now = 5_000_000_000n;
  return { kernel, task: kernel.spawn({ pid: 169 }) };
}

describe('shmget', () => {
  test('finds a key again, and makes what has none', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, 0x1234, 5000, IPC.CREAT | 0o600);
    expect([id, kernel.shmget(task, 0x1234, 0), kernel.shmget(task, 0x1234, 5000, IPC.CREAT)]).toEqual([0, 0, 0]);
    expect([kernel.shmget(task, IPC.PRIVATE, 1), kernel.shmget(task, IPC.PRIVATE, 1)]).toEqual([1, 2]);
    const [buffer] = kernel.buffers.values();
    expect(buffer).toMatchObject({ kind: 'sysv-shm', size: 5000, name: 'SYSV00001234', named: true, refs: 0 });
    expect(buffer!.files).toEqual([{ dev: '0:1', inode: 0 }]);
  });

  test('refuses as Linux does', () => {
    const { kernel, task } = start();
    expect(refusal(() => kernel.shmget(task, 7, 4096))).toBe('ENOENT');
    kernel.shmget(task, 7, 4096, IPC.CREAT);
    expect(refusal(() => kernel.shmget(task, 7, 4096, IPC.CREAT | IPC.EXCL))).toBe('EEXIST');
    expect(refusal(() => kernel.shmget(task, 7, 4097))).toBe('EINVAL');
    expect(refusal(() => kernel.shmget(task, IPC.PRIVATE, 0))).toBe('EINVAL');
    expect(() => kernel.shmget(task, NaN, 4096)).toThrow(TypeError);
    for (let made = 1; made < 4096; made++) kernel.shmget(task, IPC.PRIVATE, 1);
    expect(refusal(() => kernel.shmget(task, IPC.PRIVATE, 1))).toBe('ENOSPC');
  });

  test('goes through 64 indices before one comes again, with another sequence number', () => {
    const { kernel, task } = start();
    const ids: number[] = [];
    for (let made = 0; made < 130; made++) {
      const id = kernel.shmget(task, IPC.PRIVATE, 1);
      kernel.shmctl(task, id, IPC.RMID);
      ids.push(id);
    }
    expect([ids[63], ids[64], ids[65], ids[128]]).toEqual([63, 32768, 32769, 65536]);
    expect(refusal(() => kernel.shmctl(task, ids[0]!, IPC.STAT))).toBe('EINVAL');
    expect(kernel.buffers.size).toBe(0);
  });
});

describe('shmat', () => {
  test('maps an open file of its own, whole pages, without a descriptor', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, 0x1234, 5000, IPC.CREAT | 0o600);
    const [first, second] = [kernel.shmat(task, id), kernel.shmat(task, id, { flags: SHM.RDONLY })];
    expect(task.mm.vmas.map(({ start, end, perms, file }) => [start, end - start, perms, file.link])).toEqual([
      [second, 2 * PAGE, 'r--s', '/SYSV00001234 (deleted)'],
      [first, 2 * PAGE, 'rw-s', '/SYSV00001234 (deleted)'],
    ]);
    expect(task.mm.vmas[0]!.file).not.toBe(task.mm.vmas[1]!.file);
    expect(refusal(() => task.mprotect(second, PAGE, PROT.WRITE))).toBe('EACCES');
    expect([task.files.openFds, kernel.shmctl(task, id, IPC.STAT)?.attached]).toEqual([0, 2]);
  });

  test('refuses an address that is taken or on no page, unless told to round or to replace', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, IPC.PRIVATE, 2 * PAGE);
    const at = 0x10_0000;
    expect(refusal(() => kernel.shmat(task, 99))).toBe('EINVAL');
    expect(refusal(() => kernel.shmat(task, -1))).toBe('EINVAL');
    expect(refusal(() => kernel.shmat(task, id, { address: at + 1 }))).toBe('EINVAL');
    expect(refusal(() => kernel.shmat(task, id, { flags: SHM.REMAP }))).toBe('EINVAL');
    expect(kernel.shmat(task, id, { address: at + 1, flags: SHM.RND })).toBe(at);
    expect(refusal(() => kernel.shmat(task, id, { address: at + PAGE }))).toBe('EINVAL');
    expect(kernel.shmat(task, id, { address: at + PAGE, flags: SHM.REMAP })).toBe(at + PAGE);
    expect(kernel.shmctl(task, id, IPC.STAT)?.attached).toBe(2);
    expect(() => kernel.shmat(task, id, { adress: at } as object)).toThrow(/unknown option 'adress'/);
  });
});

describe('what attaches count', () => {
  test('is mappings: fork, splits and moves add, exec and exit take away', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, IPC.PRIVATE, 4 * PAGE);
    const at = kernel.shmat(task, id);
    const attached = (): number | undefined => kernel.shmctl(task, id, IPC.STAT)?.attached;
    task.mprotect(at + PAGE, PAGE, PROT.READ);
    expect(attached()).toBe(3);
    const child = task.fork();
    expect(attached()).toBe(6);
    child.exec();
    expect(attached()).toBe(3);
    task.mremap(at + 2 * PAGE, 2 * PAGE, 8 * PAGE, 1);
    expect(attached()).toBe(3);
    task.munmap(at, PAGE);
    expect(attached()).toBe(2);
    task.madvise(at + PAGE, PAGE, MADV.DONTFORK);
    expect(task.fork().mm.vmas).toHaveLength(1);
    task.kill(9);
    expect(kernel.sysvShm.segments[0]!.stat()).toMatchObject({ attached: 1, lastPid: 169 });
  });

  test('who, and when, is told by IPC_STAT', () => {
    const { kernel, task } = start();
    const other = kernel.spawn({ pid: 168 });
    const id = kernel.shmget(task, 0x1234, 204800, IPC.CREAT | 0o600);
    expect(kernel.shmctl(task, id, IPC.STAT)).toEqual({
      key: 0x1234,
      id: 0,
      mode: 0o600,
      size: 204800,
      creatorPid: 169,
      lastPid: 0,
      attached: 0,
      attachTime: 0,
      detachTime: 0,
      changeTime: 5,
    });
    kernel.shmat(task, id);
    kernel.now = 7_999_999_999n;
    kernel.shmat(other, id);
    expect(kernel.shmctl(task, id, IPC.STAT)).toMatchObject({
      attached: 2,
      lastPid: 168,
      attachTime: 7,
      detachTime: 0,
    });
    kernel.shmctl(task, id, IPC.RMID);
    kernel.now = 9_000_000_000n;
    task.kill(9);
    expect(kernel.shmctl(other, id, IPC.STAT)).toMatchObject({
      key: 0,
      mode: 0o1600,
      attached: 1,
      lastPid: 169,
      detachTime: 9,
    });
  });
});

describe('mappings of a segment', () => {
  const AT = 0x10_0000;

  function shape(task: Task): readonly string[] {
    return task.mm.vmas.map((vma) => `${(vma.start - AT) / PAGE}-${(vma.end - AT) / PAGE}:${vma.perms}`);
  }

  function attached(pages: number): { kernel: Machine; task: Task; id: number } {
    const { kernel, task } = start();
    const id = kernel.shmget(task, IPC.PRIVATE, pages * PAGE);
    kernel.shmat(task, id, { address: AT });
    return { kernel, task, id };
  }

  test('that are cut are split first: who cut is the last to have detached', () => {
    const { kernel, task, id } = attached(4);
    const sibling = task.clone(CLONE.VM);
    for (const address of [AT, AT + 3 * PAGE]) {
      kernel.now += 1_000_000_000n;
      sibling.munmap(address, PAGE);
      expect(kernel.shmctl(task, id, IPC.STAT)).toMatchObject({
        attached: 1,
        lastPid: sibling.pid,
        detachTime: Number(kernel.now / 1_000_000_000n),
      });
    }
  });

  test('give a part to a neighbour, and are not removed by merging', () => {
    const { kernel, task, id } = attached(5);
    task.mprotect(AT, 2 * PAGE, PROT.NONE);
    task.mprotect(AT, 3 * PAGE, PROT.READ);
    expect(shape(task)).toEqual(['0-3:r--s', '3-5:rw-s']);
    task.mprotect(AT + 2 * PAGE, PAGE, PROT.READ | PROT.WRITE);
    expect(shape(task)).toEqual(['0-2:r--s', '2-5:rw-s']);
    task.mprotect(AT, 2 * PAGE, PROT.READ | PROT.WRITE);
    expect(shape(task)).toEqual(['0-2:rw-s', '2-5:rw-s']);
    expect(kernel.shmctl(task, id, IPC.STAT)?.attached).toBe(2);
  });

  test('are moved by mremap one at a time', () => {
    const { kernel, task } = attached(2);
    task.mprotect(AT, PAGE, PROT.READ);
    const to = AT + 16 * PAGE;
    expect(refusal(() => task.mremap(AT, 2 * PAGE, 2 * PAGE, 3, to))).toBe('EFAULT');
    expect(shape(task)).toEqual(['0-1:r--s', '1-2:rw-s']);
    expect(task.mremap(AT, PAGE, PAGE, 3, to)).toBe(to);
    const fd = kernel.memfdCreate(task, 'm');
    task.mmap({ fd, length: PAGE, address: AT, fixed: true });
    expect(refusal(() => task.mremap(AT, 2 * PAGE, 2 * PAGE, 3, to + 4 * PAGE))).toBe('EFAULT');
    expect(shape(task)).toEqual(['1-2:rw-s', '16-17:r--s', '20-21:rw-s']);
  });
});

describe('permissions', () => {
  test('of the owner, the group and others decide, or CAP_IPC_OWNER', () => {
    const kernel = new Machine();
    const [owner, member, other] = [
      { uid: 1000, gid: 100 },
      { uid: 1001, gid: 1, groups: [100] },
      { uid: 1002, gid: 2 },
    ].map((credentials) => kernel.spawn({ credentials }));
    const id = kernel.shmget(owner!, 5, PAGE, IPC.CREAT | 0o640);
    kernel.shmat(owner!, id);
    kernel.shmat(member!, id, { flags: SHM.RDONLY });
    expect(refusal(() => kernel.shmat(member!, id))).toBe('EACCES');
    expect(refusal(() => kernel.shmat(owner!, id, { flags: SHM.EXEC }))).toBe('EACCES');
    expect(refusal(() => kernel.shmat(other!, id, { flags: SHM.RDONLY }))).toBe('EACCES');
    expect(refusal(() => kernel.shmget(other!, 5, PAGE, 0o400))).toBe('EACCES');
    expect(kernel.shmget(other!, 5, PAGE)).toBe(id);
    expect(refusal(() => kernel.shmctl(other!, id, IPC.STAT))).toBe('EACCES');
    expect(refusal(() => kernel.shmctl(member!, id, IPC.RMID))).toBe('EPERM');
    const root = kernel.spawn();
    kernel.shmat(root, id, { flags: SHM.EXEC });
    kernel.shmctl(root, id, IPC.RMID);
    expect(kernel.shmctl(owner!, id, IPC.STAT)).toMatchObject({ mode: 0o1640 });
  });
});

describe('shmdt', () => {
  test('takes away what of one attach lies where it was put', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, IPC.PRIVATE, 4 * PAGE);
    const [at, other] = [kernel.shmat(task, id), kernel.shmat(task, id)];
    task.munmap(at + PAGE, PAGE);
    kernel.shmdt(task, at);
    expect(task.mm.vmas.map(({ start }) => start)).toEqual([other]);
    expect(refusal(() => kernel.shmdt(task, at))).toBe('EINVAL');
    expect(refusal(() => kernel.shmdt(task, other + 1))).toBe('EINVAL');
    task.munmap(other, PAGE);
    kernel.shmdt(task, other);
    expect(task.mm.vmas).toEqual([]);
  });

  test('leaves mappings of other files alone', () => {
    const { kernel, task } = start();
    const fd = kernel.memfdCreate(task, 'm');
    task.ftruncate(fd, PAGE);
    const at = task.mmap({ fd, length: PAGE });
    expect(refusal(() => kernel.shmdt(task, at))).toBe('EINVAL');
  });
});

describe('a segment lives', () => {
  test('by its id without any process, until IPC_RMID', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, 5, 4096, IPC.CREAT);
    kernel.shmat(task, id);
    const other = kernel.spawn();
    task.exitGroup();
    const snapshot = kernel.snapshot();
    expect([snapshot.buffers.kept, snapshot.maps.length]).toEqual([['named'], 0]);
    kernel.shmctl(other, id, IPC.RMID);
    expect([kernel.buffers.size, kernel.sysvShm.segments]).toEqual([0, []]);
  });

  test('after IPC_RMID by its attaches; its key is free, its id can still be attached', () => {
    const { kernel, task } = start();
    const id = kernel.shmget(task, 5, 4096, IPC.CREAT);
    const at = kernel.shmat(task, id);
    kernel.shmctl(task, id, IPC.RMID);
    expect(kernel.shmget(task, 5, 4096, IPC.CREAT)).not.toBe(id);
    const again = kernel.shmat(task, id);
    kernel.shmdt(task, at);
    expect(kernel.snapshot().buffers.kept).toEqual([null, 'named']);
    kernel.shmdt(task, again);
    expect(refusal(() => kernel.shmat(task, id))).toBe('EINVAL');
    expect(refusal(() => kernel.shmctl(task, id, 99))).toBe('EINVAL');
    expect(kernel.buffers.size).toBe(1);
  });
});
