// Plays the scenarios anew on a real kernel and on the model, and compares: test/conformance/main.ts. Options: see there.
import path from 'node:path';
import { importTestProgram, root } from './erase-types.mjs';

const { main } = await importTestProgram('conformance', ['test/random.ts']);
process.exitCode = await main(process.argv.slice(2), path.join(root, 'test/conformance'));
