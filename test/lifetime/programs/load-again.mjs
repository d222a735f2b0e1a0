// The add-on is loaded again into the same environment, its module forgotten each time.
import process from 'node:process';
import { createRequire } from 'node:module';
import { URL, fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const file = fileURLToPath(new URL('../../../build/Release/memtrack.node', import.meta.url));
const loaded = [];
for (let round = 0; round < 50; round++) {
  delete require.cache[file];
  const addon = require(file);
  const tracker = addon.open('', false, false, Infinity, Infinity, Infinity, 0);
  addon.internTag(tracker, 'tag');
  loaded.push({ addon, tracker });
}
// Calls into those that were loaded before answer or refuse.
let refused = 0;
for (const { addon, tracker } of loaded) {
  if (addon.install(tracker, 1, 1) >= 0) throw new Error('installed into nothing');
  try {
    addon.bytes(tracker);
    addon.close(tracker);
  } catch {
    refused++;
  }
}
if (refused === loaded.length) throw new Error('even the last one refused');
process.stdout.write('done\n');
