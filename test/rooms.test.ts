import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { badArrows, readFloors, roomCycles } from './house/arrows.ts';
import { repositoryTexts, ROOT } from './house/sources.ts';

const MOST_LINES = 400;

const texts = repositoryTexts();
const house = readFloors(readFileSync(path.join(ROOT, 'docs/house.md'), 'utf8'));
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const packages = new Set(Object.keys(manifest.dependencies));
const sources = texts.filter(({ path: name }) => /^lib\/.*\.ts$|^native\/.*\.(?:h|cc)$/.test(name));
const code = texts.filter(({ path: name }) => /^(?:lib|native|test|bench|scripts)\/.*\.(?:ts|mjs|h|c|cc)$/.test(name));

describe('the arrows of the house', () => {
  test('point down', () => {
    expect(sources.length).toBeGreaterThan(0);
    expect(badArrows(sources, house, packages)).toEqual([]);
  });

  test('make no circle', () => {
    expect(roomCycles(sources)).toEqual([]);
  });

  test.each([
    ['up', 'lib/model/kernel.ts', "import { openTrace } from '../trace/open.ts';"],
    ['sideways', 'lib/trace/open.ts', "export { formatMaps } from '../procfs/maps.ts';"],
    ['up by type', 'lib/core/tracker.ts', "import type { Kernel } from '../model/kernel.ts';"],
    ['up on demand', 'lib/core/tracker.ts', "const { Kernel } = await import('../model/kernel.ts');"],
    ['into no room', 'lib/core/tracker.ts', "import { pad } from '../attic/pad.ts';"],
    ['out of lib', 'lib/core/tracker.ts', "import { Oracle } from '../../test/oracle.ts';"],
    ['to a package that is no dependency', 'lib/cli/who.ts', "import { pad } from 'left-pad';"],
    ['from the core to a decoder', 'native/core/tracker.h', '#include "decode/decoder.h"'],
    ['from a decoder to the core', 'native/decode/strace.cc', '#include "core/tracker.h"'],
    ['from the record to the core', 'native/record/record.h', '#include "core/status.h"'],
    ['from the core to the bindings', 'native/core/tracker.cc', '#include "bindings/napi_setup.h"'],
    ['from the core to Node', 'native/core/tracker.cc', '#include <node_api.h>'],
    ['by a relative path', 'native/core/tracker.cc', '#include "../core/status.h"'],
  ])('one that points %s is caught', (_how, where, text) => {
    expect(badArrows([{ path: where, text }], house, packages)).toHaveLength(1);
  });

  test.each([
    ['lib/cli/replay.ts', "import { Command } from 'commander';\nimport { replay } from '../replay/replay.ts';"],
    [
      'lib/machine/kernel.ts',
      "import { Task } from '../model/task.ts';\nimport { formatMaps } from '../procfs/maps.ts';",
    ],
    ['lib/trace/mtrk.ts', "import { crc32 } from 'node:zlib';\nimport { OP } from '../core/record.ts';"],
    ['lib/core/tracker.ts', "/** import { replay } from '../replay/replay.ts' */"],
    ['native/bindings/addon.cc', '#include <napi.h>\n#include "core/tracker.h"\n#include "decode/strace.h"'],
    ['native/core/tracker.cc', '#include <vector>\n#include "core/tracker.h"\n#include "record/record.h"'],
  ])('one that points down is not (%s)', (where, text) => {
    expect(badArrows([{ path: where, text }], house, packages)).toEqual([]);
  });

  test('a circle is named', () => {
    const circle = [
      { path: 'lib/trace/open.ts', text: "import '../procfs/maps.ts';" },
      { path: 'lib/procfs/maps.ts', text: "import '../trace/open.ts';" },
    ];
    expect(roomCycles(circle)).toEqual(['lib/trace → lib/procfs → lib/trace']);
  });
});

test(`no file has more than ${MOST_LINES} lines`, () => {
  const long = code.filter(({ text }) => text.split('\n').length - 1 > MOST_LINES).map(({ path: name }) => name);
  expect(long).toEqual([]);
});

test('nothing tells where it was built', () => {
  // Written in pieces, so that this file does not contain them.
  const words = [
    ['/wo', 'rk/'],
    ['../sha', 'red'],
    ['/root', '/'],
    ['facts ', '§'],
    ['artifact', 'ory'],
    ['/np', 'm/-/'],
  ];
  const told = texts.flatMap(({ path: name, text }) =>
    words
      .map((pieces) => pieces.join(''))
      .filter((word) => text.includes(word))
      .map((word) => `${name}: ${word}`),
  );
  expect(told).toEqual([]);
});
