/** The rule of docs/house.md as a function of sources, so that it can be tried on made-up ones. */

export interface Source {
  /** From the repository's root: `lib/model/kernel.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Arrow {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

const IMPORT = /(?<!['".])(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"]+)\1/g;
const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]/gm;
const NODE_HEADER = /^(?:napi|node_api|js_native_api|node|uv|v8)[\w-]*\.h$|^node\//;

/** What may include what below the floor 0 of docs/house.md. */
const NATIVE_FLOORS: Readonly<Record<string, number>> = {
  'native/record': -3,
  'native/core': -2,
  'native/decode': -2,
  'native/bindings': -1,
};

/** Reads the table of floors: room → floor. */
export function readFloors(house: string): ReadonlyMap<string, number> {
  const floors = new Map<string, number>(Object.entries(NATIVE_FLOORS));
  for (const [, floor, rooms] of house.matchAll(/^\| (\d+) \| (.+) \|$/gm)) {
    for (const [, room] of rooms!.matchAll(/`(lib\/[\w./-]+)`/g)) floors.set(room!, Number(floor));
  }
  return floors;
}

/** `lib/model/kernel.ts` → `lib/model`; `lib/index.ts` is its own room. */
function roomOf(path: string): string {
  const [top, second] = path.split('/');
  return `${top ?? ''}/${second ?? ''}`;
}

function resolveFrom(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Comments may show imports in examples; they are no arrows. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function arrowsOf({ path, text }: Source): Arrow[] {
  const from = roomOf(path);
  if (path.startsWith('native/')) {
    return [...text.matchAll(INCLUDE)].flatMap(([, quote, header]) => {
      if (quote === '"')
        return [{ path, from, to: header!.startsWith('../') ? header! : `native/${roomOf(header!).split('/')[0]!}` }];
      return NODE_HEADER.test(header!) ? [{ path, from, to: 'node' }] : [];
    });
  }
  return [...withoutComments(text).matchAll(IMPORT)].map(([, , specifier]) => {
    const to = specifier!.startsWith('.') ? roomOf(resolveFrom(path, specifier!)) : specifier!;
    return { path, from, to };
  });
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function breach(
  { path, from, to }: Arrow,
  floors: ReadonlyMap<string, number>,
  packages: ReadonlySet<string>,
): string | null {
  if (from === to) return null;
  if (to === 'node') return from === 'native/bindings' ? null : `${path}: only native/bindings includes Node's headers`;
  const isPath = to.startsWith('lib/') || to.startsWith('native/') || to.startsWith('.');
  if (!isPath && path.startsWith('lib/')) {
    if (to.startsWith('node:') || packages.has(packageOf(to))) return null;
    return `${path}: imports ${to}, which is no dependency`;
  }
  const [above, below] = [floors.get(from), floors.get(to)];
  if (above === undefined) return `${path}: ${from} is not a room of docs/house.md`;
  if (below === undefined) return `${path}: ${to} is not a room of docs/house.md`;
  if (path.startsWith('lib/') !== to.startsWith('lib/')) return `${path}: ${from} reaches past the add-on into ${to}`;
  return below < above ? null : `${path}: ${from} (floor ${above}) must not use ${to} (floor ${below})`;
}

/** Rooms that reach themselves, each cycle once: `lib/a → lib/b → lib/a`. */
export function roomCycles(sources: readonly Source[]): string[] {
  const next = new Map<string, Set<string>>();
  for (const arrow of sources.flatMap(arrowsOf)) {
    if (arrow.from !== arrow.to) next.set(arrow.from, (next.get(arrow.from) ?? new Set()).add(arrow.to));
  }
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (room: string, trail: readonly string[]): void => {
    if (trail.includes(room)) {
      found.push([...trail.slice(trail.indexOf(room)), room].join(' → '));
      return;
    }
    if (done.has(room)) return;
    for (const to of next.get(room) ?? []) walk(to, [...trail, room]);
    done.add(room);
  };
  for (const room of next.keys()) walk(room, []);
  return found;
}

/** One sentence per arrow that points up or sideways, into no room, or to a package that is not a dependency. */
export function badArrows(
  sources: readonly Source[],
  floors: ReadonlyMap<string, number>,
  packages: ReadonlySet<string>,
): string[] {
  return sources.flatMap(arrowsOf).flatMap((arrow) => breach(arrow, floors, packages) ?? []);
}
