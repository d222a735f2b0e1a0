// Readers walk while writers install, map, fork and exit: each leader's rows are whole and in order at every moment.
import { isMainThread, workerData } from 'node:worker_threads';
import { apply, begin, check, checkWhole, done, random, report, runWorkers, seed, tracker } from './threads.mjs';

const BUFFERS = 300;

if (isMainThread) {
  apply((to) => {
    for (let key = 1; key <= BUFFERS; key++) to.init(key, key * 4096);
    for (let task = 1; task <= 4; task++) to.spawn(task, 100 + task);
  });
  const written = new Int32Array(new SharedArrayBuffer(4));
  const reports = await runWorkers(import.meta.url, [
    { role: 'writer', task: 1, written },
    { role: 'writer', task: 3, written },
    { role: 'reader', written },
    { role: 'reader', written },
  ]);
  checkWhole();
  check('every reader read', reports.filter(({ reads }) => reads > 0).length, 2);
  done();
} else if (workerData.role === 'writer') {
  const { task, written } = workerData;
  const pick = random(seed * 100 + task);
  begin();
  for (let round = 0; round < 300; round++) {
    const child = tracker.reserve('task');
    apply((to) => {
      for (let n = 0; n < 200; n++) {
        const own = task + pick(2);
        if (pick(2) === 0) to.install(own, 1 + pick(BUFFERS));
        else to.uninstall(own, 1 + pick(BUFFERS));
        const page = 4096 * (1 + pick(50));
        if (pick(4) === 0) to.vmOpen(own, 1 + pick(BUFFERS), page, page + 4096, 0, 1);
        if (pick(4) === 0) to.vmClose(own, 1 + pick(BUFFERS), page);
      }
      to.fork(task, child, 1000 + round, pick(4));
      to.setTag(1 + pick(BUFFERS), 0);
      to.resize(1 + pick(BUFFERS), 4096 * pick(100));
      to.exit(child);
    });
  }
  Atomics.add(written, 0, 1);
  report({});
} else {
  const { written } = workerData;
  const pick = random(seed * 1000);
  let reads = 0;
  begin();
  do {
    reads++;
    const { leaders, handles, vmas } = tracker.snapshot();
    let row = 0;
    let vma = 0;
    for (let leader = 0; leader < leaders.length; leader++) {
      for (let n = 0; n < leaders.handles[leader]; n++, row++) {
        check(`leader of row ${row}`, handles.leader[row], leader);
        check(`row ${row} is in order`, n === 0 || handles.buffer[row - 1] < handles.buffer[row], true);
        check(`row ${row} is held`, handles.fds[row] + handles.vmas[row] > 0, true);
        for (let k = 0; k < handles.vmas[row]; k++, vma++) check(`handle of vma ${vma}`, vmas.handle[vma], row);
      }
    }
    check('rows', row, handles.length);
    check('vmas', vma, vmas.length);
    const lines = tracker.readMemtrack(1 + pick(4), 'patch2').split('\n');
    const ids = lines.slice(1, -1).map((line) => Number(line.slice(12, 28)));
    for (const [n, id] of ids.entries()) check('a line is in order', n === 0 || ids[n - 1] < id, true);
    check('the text is whole', lines.at(-1), '');
    const holders = tracker.holders(1 + pick(BUFFERS));
    check('each holder once', new Set(holders).size, holders.length);
    if (tracker.readDebugfs().split('\n').length !== BUFFERS + 2) throw new Error('debugfs: a buffer is missing');
  } while (Atomics.load(written, 0) < 2);
  report({ reads });
}
