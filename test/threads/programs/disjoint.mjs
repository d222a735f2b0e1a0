// Each worker has tasks and buffers of its own, and shares some buffers with the others: nothing of one is lost by another.
import { isMainThread, workerData } from 'node:worker_threads';
import { apply, begin, check, checkWhole, done, random, report, runWorkers, seed, tracker } from './threads.mjs';

const WORKERS = 3;
const SHARED = 20;

if (isMainThread) {
  apply((to) => {
    for (let key = 1; key <= SHARED; key++) to.init(key, 4096);
  });
  const reports = await runWorkers(
    import.meta.url,
    Array.from({ length: WORKERS }, (_, worker) => ({ worker })),
  );
  const fds = checkWhole();
  check('leaders', fds.size, WORKERS * 4);
  const { id } = tracker.snapshot().buffers;
  check('ids that differ', new Set(id).size, id.length);
  for (const { counts } of reports) {
    for (const [task, expected] of counts) {
      const held = [...fds.get(task)].sort(([a], [b]) => a - b).join(' ');
      check(`fds of ${task}`, held, [...expected].sort(([a], [b]) => a - b).join(' '));
    }
  }
  done();
} else {
  const pick = random(seed * 100 + workerData.worker);
  const tasks = Array.from({ length: 4 }, (_, n) => tracker.spawn(1000 * workerData.worker + n));
  const counts = new Map(tasks.map((task) => [task, new Map()]));
  let own = [];
  begin();
  for (let round = 0; round < 60; round++) {
    const first = tracker.reserve('buffer', 8);
    const expected = [];
    const results = apply((to) => {
      for (let n = 0; n < 8; n++) {
        to.init(first + n, 4096, tasks[0]);
        expected.push(null);
      }
      own.push(...Array.from({ length: 8 }, (_, n) => first + n));
      for (let n = 0; n < 1500; n++) {
        const task = tasks[pick(tasks.length)];
        const buffer = pick(2) === 0 ? 1 + pick(SHARED) : own[pick(own.length)];
        const held = counts.get(task).get(buffer) ?? 0;
        if (pick(5) < 3) {
          to.install(task, buffer);
          counts.get(task).set(buffer, held + 1);
          expected.push(0);
        } else {
          to.uninstall(task, buffer);
          if (held > 1) counts.get(task).set(buffer, held - 1);
          else counts.get(task).delete(buffer);
          expected.push(held === 0 ? -2 : 0);
        }
      }
      const kept = [];
      for (const buffer of own) {
        const busy = tasks.some((task) => counts.get(task).has(buffer));
        to.remove(buffer);
        expected.push(busy ? -16 : 0);
        if (busy) kept.push(buffer);
      }
      own = kept;
    });
    for (const [row, wanted] of expected.entries()) {
      if (wanted !== null && results[row] !== wanted) check(`round ${round}, record ${row}`, results[row], wanted);
      if (wanted === null && results[row] < 0) check(`round ${round}, init`, results[row], 'an id');
    }
  }
  report({ counts });
}
