// A named tracker lives as long as somebody has it open, whoever opened it first.
import process from 'node:process';
import { URL } from 'node:url';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { Tracker } from '../../../dist/core/tracker.js';

const expect = (what, got, wanted) => {
  if (got !== wanted) throw new Error(`${what}: ${got}, expected ${wanted}`);
};

if (isMainThread) {
  const opener = new Worker(new URL(import.meta.url));
  const [{ task, buffer }] = await once(opener, 'message');
  const tracker = new Tracker({ name: 'outlives' });
  expect('a new key', tracker.spawn(2) > task, true);
  opener.postMessage('go');
  await once(opener, 'exit');
  expect('what the worker left', tracker.readMemtrack(task).includes('CAMERA'), true);
  expect('holders', tracker.holders(buffer).join(), String(task));

  const second = new Worker(new URL(import.meta.url), { argv: ['second'] });
  const [leaders] = await once(second, 'message');
  expect('leaders a later worker sees', leaders, 2);
  second.postMessage('go');
  await once(second, 'exit');

  tracker.close();
  const renewed = new Tracker({ name: 'outlives', semantics: 'posted' });
  expect('leaders after the last close', renewed.snapshot().leaders.length, 0);
  renewed.close();
  process.stdout.write('done\n');
} else {
  const tracker = new Tracker({ name: 'outlives' });
  if (process.argv[2] === 'second') {
    parentPort.postMessage(tracker.snapshot().leaders.length);
  } else {
    const task = tracker.spawn(1);
    const buffer = tracker.init({ size: 4096, task, tag: 'CAMERA' });
    tracker.install(task, buffer);
    parentPort.postMessage({ task, buffer });
  }
  globalThis.kept = tracker;
  parentPort.once('message', () => {});
}
