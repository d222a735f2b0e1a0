// node --expose-gc: trackers that are dropped without close() give their native memory back.
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { RecordWriter } from '../../../dist/core/record.js';
import { Tracker } from '../../../dist/core/tracker.js';

const HANDLES = 400_000;
const writer = new RecordWriter(HANDLES * 2 + 1);
writer.spawn(1, 1);
for (let key = 1; key <= HANDLES; key++) {
  writer.init(key, 4096);
  writer.install(1, key);
}

function fill() {
  const tracker = new Tracker();
  if (tracker.apply(writer.words, writer.count) !== writer.count) throw new Error('not all was accepted');
  return tracker.bytes();
}

const bytes = fill();
let peak = 0;
for (let round = 0; round < 16; round++) {
  fill();
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc();
    await setImmediate();
  }
  peak = Math.max(peak, process.memoryUsage.rss());
}
process.stdout.write(`${JSON.stringify({ bytes, peak })}\n`);
