// Starts one worker per argument set on a named tracker, waits for their reports, and hands them to `judge`.
import process from 'node:process';
import { URL } from 'node:url';
import { once } from 'node:events';
import { Worker, parentPort, workerData } from 'node:worker_threads';
import { RecordWriter } from '../../../dist/core/record.js';
import { Tracker } from '../../../dist/core/tracker.js';

export const seed = Number(process.argv[2] ?? 1);
export const tracker = new Tracker({ name: 'threads' });

export function check(what, got, wanted) {
  if (got !== wanted) throw new Error(`${what}: ${got}, expected ${wanted}`);
}

/** A small generator: Weyl sequence and two multiply-xorshift rounds. */
export function random(start) {
  let state = start >>> 0;
  return (n) => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return Math.floor((((z ^ (z >>> 15)) >>> 0) / 2 ** 32) * n);
  };
}

/** Runs `url` in a worker for each element of `data`, all beginning together; what they reported. */
export async function runWorkers(url, data) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workers = data.map((each) => new Worker(new URL(url), { argv: [String(seed)], workerData: { ...each, gate } }));
  for (const worker of workers) {
    worker.on('error', (error) => {
      throw error;
    });
  }
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const reports = workers.map((worker) => once(worker, 'message').then(([report]) => report));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  return Promise.all(reports);
}

/** In a worker: waits until all are ready. */
export function begin() {
  parentPort.postMessage('ready');
  Atomics.wait(workerData.gate, 0, 0);
}

export function report(value) {
  parentPort.postMessage(value);
}

/** Applies what `write` writes, as one batch; the results. */
export function apply(write) {
  const writer = new RecordWriter();
  write(writer);
  const results = new Int32Array(writer.count);
  tracker.apply(writer.words, writer.count, results);
  return results;
}

/** Leader key -> buffer key -> count of fds. */
export function fdsByLeader() {
  const { buffers, leaders, handles } = tracker.snapshot();
  const keys = new Map(Array.from(buffers.id, (id, row) => [id, buffers.key[row]]));
  const fds = new Map(Array.from(leaders.task, (task) => [task, new Map()]));
  for (let row = 0; row < handles.length; row++) {
    fds.get(leaders.task[handles.leader[row]]).set(keys.get(handles.buffer[row]), handles.fds[row]);
  }
  return fds;
}

/** The state agrees with itself. */
export function checkWhole() {
  check('invariants', tracker.check(), null);
  const fds = fdsByLeader();
  const { key, userspaceHandles } = tracker.snapshot().buffers;
  for (let row = 0; row < key.length; row++) {
    const holders = [...fds].filter(([, held]) => held.has(key[row])).map(([task]) => task);
    check(`holders of ${key[row]}`, tracker.holders(key[row]).join(), holders.sort((a, b) => a - b).join());
    check(`userspaceHandles of ${key[row]}`, userspaceHandles[row], holders.length);
  }
  return fds;
}

export function done() {
  process.stdout.write('done\n');
}
