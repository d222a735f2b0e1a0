// Runs test/differential/main.ts outside of the test runner, for many programs. Options: see there.
import path from 'node:path';
import { importTestProgram, root } from './erase-types.mjs';

const { main } = await importTestProgram('differential', ['test/random.ts']);
process.exitCode = await main(process.argv.slice(2), path.join(root, 'test/differential'));
