// Only workers load the add-on; they end in the way the argument says, with everything still open. ROUNDS workers, one
// after the other: each is an environment that is loaded and torn down.
import process from 'node:process';
import { URL } from 'node:url';
import { once } from 'node:events';
import { setInterval } from 'node:timers';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const [, , way, rounds] = process.argv;

if (isMainThread) {
  for (let round = 0; round < Number(rounds); round++) {
    const worker = new Worker(new URL(import.meta.url), { argv: [way], workerData: round });
    const exited = once(worker, 'exit');
    const [tasks] = await Promise.race([once(worker, 'message'), exited.then(([code]) => [`exit ${code}`])]);
    if (tasks !== 1) throw new Error(`round ${round}: expected 1 leader in a new tracker, got ${tasks}`);
    if (way === 'terminate') await worker.terminate();
    const [code] = await exited;
    const expected = { return: 0, exit: 7, throw: 1, terminate: 1 }[way];
    if (code !== expected) throw new Error(`round ${round}: exit code ${code}`);
  }
  process.stdout.write('done\n');
} else {
  const { Tracker } = await import('../../../dist/core/tracker.js');
  const named = new Tracker({ name: 'workers' });
  const open = [new Tracker(), named, new Tracker({ semantics: 'posted' })];
  for (const tracker of open) {
    const task = tracker.spawn(workerData + 1);
    for (let n = 0; n < 1000; n++) tracker.install(task, tracker.init({ size: n, tag: 'tag' }));
  }
  globalThis.kept = open;
  parentPort.postMessage(named.snapshot().leaders.length);
  if (way === 'exit') process.exit(7);
  if (way === 'terminate') setInterval(() => named.snapshot(), 1);
  if (way === 'throw') {
    parentPort.once('message', () => {});
    process.nextTick(() => {
      throw new Error('on purpose');
    });
  }
}
