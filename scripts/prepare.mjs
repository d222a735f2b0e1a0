// Brings a checkout to the state that `npm start` and `npm test` need: packages installed, add-on built,
// TypeScript compiled. Does only what is missing or out of date; a second run does nothing.
// Uses nothing but Node, because it runs before anything is installed.
//
//   node scripts/prepare.mjs            do it
//   node scripts/prepare.mjs --check    print what would be done, one word a line; do nothing
//   node scripts/prepare.mjs --force    compile the add-on and the TypeScript again
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const ADDON = at('build/Release/memtrack.node');
const ADDON_STAMP = at('build/.stamp');
const DIST = at('dist');
const DIST_STAMP = at('dist/.stamp');
const OLDEST_NODE = [20, 19];

/** Programs the add-on's build runs; the environment variable that names another one; Debian's package. */
const BUILD_TOOLS = [
  { program: 'python3', variables: ['npm_config_python', 'NODE_GYP_FORCE_PYTHON', 'PYTHON'], debian: 'python3' },
  { program: 'make', variables: ['MAKE'], debian: 'make' },
  { program: 'g++', variables: ['CXX'], debian: 'g++' },
];

function at(name) {
  return path.join(ROOT, name);
}

/** Ends with one line that says what is missing and what to do. */
function refuse(sentence) {
  process.stderr.write(`memtrack: ${sentence}\n`);
  process.exit(1);
}

function say(sentence) {
  process.stderr.write(`memtrack: ${sentence}\n`);
}

function onPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((directory) => {
    try {
      accessSync(path.join(directory || '.', program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function filesUnder(name) {
  if (!existsSync(at(name))) return [];
  if (!statSync(at(name)).isDirectory()) return [name];
  return readdirSync(at(name), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(`${name}/${entry.name}`) : [`${name}/${entry.name}`]))
    .sort();
}

/** What a result was made from: names and contents, and facts such as a version. */
function digest(names, facts) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const name of names) hash.update(`\0${name}\0`).update(readFileSync(at(name)));
  return hash.digest('hex');
}

function stampOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function versionOf(dependency) {
  const file = at(`node_modules/${dependency}/package.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null;
}

const nativeSources = () => [
  'binding.gyp',
  ...['record', 'core', 'decode', 'bindings'].flatMap((room) => filesUnder(`native/${room}`)),
];
const nativeDigest = () =>
  digest(nativeSources(), [process.platform, process.arch, versionOf('node-addon-api'), process.env.CXX ?? '']);
const libDigest = () =>
  digest(['tsconfig.json', 'tsconfig.build.json', ...filesUnder('lib')], [versionOf('typescript')]);

/** npm writes what it installed into node_modules; every package of the lock file must be there, in that version. */
function packagesMatch() {
  const installedFile = at('node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([name, { version, optional, link }]) => {
    if (name === '' || link) return true;
    if (installed[name] === undefined) return optional === true;
    return installed[name].version === version && existsSync(at(name));
  });
}

/**
 * An add-on that npm itself built (`npm ci` runs node-gyp) has no stamp; it counts as made from the sources of today
 * if it is younger than all of them.
 */
function addonMatches() {
  if (!existsSync(ADDON)) return false;
  const stamp = stampOf(ADDON_STAMP);
  if (stamp !== null) return stamp === nativeDigest();
  const built = statSync(ADDON).mtimeMs;
  if (nativeSources().some((name) => statSync(at(name)).mtimeMs >= built)) return false;
  writeFileSync(ADDON_STAMP, `${nativeDigest()}\n`);
  return true;
}

function distMatches() {
  if (stampOf(DIST_STAMP) !== libDigest()) return false;
  return filesUnder('lib').every((name) => existsSync(at(name.replace(/^lib/, 'dist').replace(/\.ts$/, '.js'))));
}

/** npm's own environment carries its settings, such as where Node's headers are; node-gyp needs it. */
function npm(args) {
  const cli = process.env.npm_execpath ?? '';
  const [program, first] = cli.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  // Its output goes to stderr: stdout belongs to the command that this prepares for.
  const { status, error } = spawnSync(program, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) refuse(`cannot run npm (${error.code}); on Debian: apt-get install npm`);
  return status === 0;
}

function needBuildTools() {
  const missing = BUILD_TOOLS.filter(
    ({ program, variables }) => !variables.some((name) => process.env[name]) && !onPath(program),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ program }) => program).join(', ');
  const packages = missing.map(({ debian }) => debian).join(' ');
  refuse(`the add-on cannot be built without ${names}; on Debian: apt-get install ${packages}`);
}

function install() {
  if (!onPath('npm') && !process.env.npm_execpath) refuse('npm is missing; on Debian: apt-get install npm');
  needBuildTools();
  say('installing packages and building the add-on (npm ci; about a minute)');
  if (!npm(['ci', '--include=dev', '--no-audit', '--no-fund'])) refuse('npm ci failed; what it said stands above');
}

function buildAddon(force) {
  needBuildTools();
  say('building the add-on');
  const before = nativeDigest();
  rmSync(ADDON_STAMP, { force: true });
  if (!npm(['run', '--silent', force ? 'install' : 'build:addon'])) {
    refuse('the add-on did not build; what the compiler said stands above');
  }
  writeFileSync(ADDON_STAMP, `${before}\n`);
}

function compile() {
  say('compiling TypeScript');
  const before = libDigest();
  rmSync(DIST, { recursive: true, force: true });
  try {
    execFileSync(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json')], {
      stdio: ['ignore', 2, 2],
    });
  } catch {
    rmSync(DIST, { recursive: true, force: true });
    refuse('lib/ does not compile; what tsc said stands above');
  }
  mkdirSync(DIST, { recursive: true });
  writeFileSync(DIST_STAMP, `${before}\n`);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  refuse(`Node ${OLDEST_NODE.join('.')} or later is needed; this is ${process.versions.node}`);
}
if (process.platform !== 'linux') refuse(`memtrack builds on Linux; this is ${process.platform}`);

const force = process.argv.includes('--force');
if (process.argv.includes('--check')) {
  if (!packagesMatch()) console.log('install');
  if (!addonMatches()) console.log('addon');
  if (!distMatches()) console.log('compile');
} else {
  if (!packagesMatch()) install();
  if (force || !addonMatches()) buildAddon(force);
  if (force || !distMatches()) compile();
}
