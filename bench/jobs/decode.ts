import { openSync, readSync, statSync } from 'node:fs';
import { Decoder } from '../../lib/core/decoder.js';
import { report } from '../measurement.ts';

// node jobs/decode.js FORMAT FILE: bytes to records, which nobody looks at.
const [format = '', file = ''] = process.argv.slice(2);
const decoder = new Decoder(format as 'ftrace');
const words = new Uint32Array(8 * 65536);
const fd = openSync(file, 'r');
const piece = Buffer.allocUnsafe(1 << 20);
const before = process.cpuUsage();
const start = performance.now();
let records = 0;
const drain = () => {
  for (let count = decoder.take(words); count > 0; count = decoder.take(words)) records += count;
};
for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) {
  decoder.push(piece.subarray(0, got));
  drain();
}
decoder.finish();
drain();
const wallNs = (performance.now() - start) * 1e6;
const { user, system } = process.cpuUsage(before);
console.error(`${records} records`);
report({ units: statSync(file).size, cpuNs: (user + system) * 1000, wallNs });
