// All workers install into and uninstall from the same processes, some of which share tables, while one worker forks,
// unshares, execs and exits others of the same sharing set. What was accepted is what is there in the end.
import { isMainThread, workerData } from 'node:worker_threads';
import { apply, begin, check, checkWhole, done, random, report, runWorkers, seed, tracker } from './threads.mjs';

const BUFFERS = 30;
const FILES = 1;
const MM = 2;
const THREAD = 4;

if (isMainThread) {
  apply((to) => {
    for (let key = 1; key <= BUFFERS; key++) to.init(key, 4096);
    to.spawn(1, 100);
    to.spawn(2, 200);
    to.fork(2, 3, 300, FILES); // shares 2's table
    to.fork(2, 4, 201, FILES | MM | THREAD); // a thread of 2
    to.spawn(5, 500);
  });
  tracker.reserve('task', 10);
  const reports = await runWorkers(import.meta.url, [{ worker: 0 }, { worker: 1 }, { worker: 2 }, { churn: true }]);
  const fds = checkWhole();
  const net = new Map();
  for (const { accepted } of reports) {
    for (const [at, count] of accepted) net.set(at, (net.get(at) ?? 0) + count);
  }
  for (let buffer = 1; buffer <= BUFFERS; buffer++) {
    const shared = net.get(`2 ${buffer}`) ?? 0;
    check(`fds of 1 on ${buffer}`, fds.get(1).get(buffer) ?? 0, net.get(`1 ${buffer}`) ?? 0);
    check(`fds of 2 on ${buffer}`, fds.get(2).get(buffer) ?? 0, shared);
    check(`fds of 3 on ${buffer}`, fds.get(3).get(buffer) ?? 0, shared);
    check(`fds of 5 on ${buffer}`, fds.get(5).get(buffer) ?? 0, net.get(`5 ${buffer}`) ?? 0);
  }
  check('leaders', [...fds.keys()].sort().join(), '1,2,3,5');
  done();
} else if (workerData.churn) {
  const pick = random(seed * 100 + 99);
  const accepted = new Map();
  begin();
  for (let round = 0; round < 400; round++) {
    const parent = [1, 2, 3, 5][pick(4)];
    const share = pick(4);
    const buffer = 1 + pick(BUFFERS);
    const child = tracker.reserve('task', 3);
    const results = apply((to) => {
      to.fork(parent, child, 1000 + round, share);
      to.install(child, buffer);
      to.fork(child, child + 1, 2000 + round, pick(2) === 0 ? MM | THREAD : FILES | MM | THREAD);
      to.fork(parent, child + 2, 3000 + round, FILES);
      to.unshare(child);
      if (pick(2) === 0) to.exec(child + 1);
      else to.exit(child);
      to.exit(child + 1, true);
      to.exit(child + 2, true);
    });
    check(`churn ${round}`, results.join(), '0,0,0,0,0,0,0,0');
    // Into the parent's table, if that was shared; else it is gone with the child.
    if (share & FILES) accepted.set(place(parent, buffer), (accepted.get(place(parent, buffer)) ?? 0) + 1);
  }
  report({ accepted });
} else {
  const pick = random(seed * 100 + workerData.worker);
  const accepted = new Map();
  begin();
  for (let round = 0; round < 150; round++) {
    const commands = Array.from({ length: 400 }, () => ({
      task: 1 + pick(5),
      buffer: 1 + pick(BUFFERS),
      install: pick(2) === 0,
    }));
    const results = apply((to) => {
      for (const { task, buffer, install } of commands) {
        if (install) to.install(task, buffer);
        else to.uninstall(task, buffer);
      }
    });
    for (const [row, { task, buffer, install }] of commands.entries()) {
      if (results[row] === 0) {
        const at = place(task, buffer);
        accepted.set(at, (accepted.get(at) ?? 0) + (install ? 1 : -1));
      } else if (install || results[row] !== -2) {
        check(`round ${round}, record ${row}`, results[row], install ? 0 : -2);
      }
    }
  }
  report({ accepted });
}

/** Whose table that is. */
function place(task, buffer) {
  return `${[0, 1, 2, 2, 2, 5][task]} ${buffer}`;
}
