// Workers are terminated while their batches run; the named tracker that the main thread holds stays whole.
import process from 'node:process';
import { URL } from 'node:url';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { RecordWriter } from '../../../dist/core/record.js';
import { Tracker } from '../../../dist/core/tracker.js';

const BUFFERS = 64;
const tracker = new Tracker({ name: 'terminated' });

if (isMainThread) {
  const init = new RecordWriter();
  for (let key = 1; key <= BUFFERS; key++) init.init(key, 4096);
  tracker.apply(init.words, init.count);
  const bystander = tracker.spawn(1);
  for (let round = 0; round < 12; round++) {
    const task = tracker.spawn(100 + round);
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.on('error', (error) => {
      throw error;
    });
    await once(worker, 'message');
    await setTimeout(round);
    await worker.terminate();
    const broken = tracker.check();
    if (broken !== null) throw new Error(broken);
    tracker.install(bystander, 1); // no lock is left held
    tracker.install(task, 1);
    tracker.exit(task, { group: true });
  }
  const { userspaceHandles } = tracker.snapshot().buffers;
  if (userspaceHandles[0] !== 1 || userspaceHandles[1] !== 0) throw new Error('an ended task still holds');
  process.stdout.write('done\n');
} else {
  const batch = new RecordWriter();
  for (let n = 0; n < 50_000; n++) {
    const buffer = 1 + (n % BUFFERS);
    if (n % 3 === 2) batch.uninstall(workerData, buffer);
    else batch.install(workerData, buffer);
    if (n % 1000 === 0) batch.vmOpen(workerData, buffer, n * 4096, (n + 1) * 4096, 0, 0);
    if (n % 1000 === 999) batch.vmClose(workerData, 1 + ((n - 999) % BUFFERS), (n - 999) * 4096);
  }
  parentPort.postMessage('ready');
  for (;;) tracker.apply(batch.words, batch.count);
}
