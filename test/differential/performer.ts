/** Builds perform.c and talks to it. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { encodeProgram } from './encode.ts';
import type { Program, Step } from './step.ts';

/** This machine lacks something that the test needs; the message says what. */
export class Unable extends Error {}

const SOURCES = ['perform.c', 'cast.c', 'act.c', 'observe.c'];
// One image at one address: no loader that needs descriptors, and no guard whose key lives in thread-local memory.
const OPTIONS = ['-O2', '-Wall', '-Wextra', '-static', '-no-pie', '-fno-stack-protector'];

/** Compiles into a directory of its own, which `remove` deletes. */
export function buildPerformer(sources: string): { readonly program: string; remove(): void } {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Unable(`needs Linux on x86-64; this is ${process.platform} on ${process.arch}`);
  const directory = mkdtempSync(path.join(tmpdir(), 'memtrack-perform-'));
  const program = path.join(directory, 'perform');
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const compiler = process.env['CC'] ?? 'cc';
  try {
    const files = SOURCES.map((name) => path.join(sources, name));
    execFileSync(compiler, [...OPTIONS, '-o', program, ...files], { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    remove();
    const said = error instanceof Error ? error.message.split('\n').slice(0, 3).join('; ') : String(error);
    throw new Unable(`${compiler} cannot build a static program: ${said}`);
  }
  return { program, remove };
}

/** What came late to Linux; true: as the model does it. */
export interface KernelTraits {
  /** An executable mapping of a socket is EPERM, not ENODEV (sockfs is noexec). */
  readonly socketsNoexec: boolean;
  /** Linux 6.17 or later, by its mremap: with MREMAP_FIXED and no change of size it moves several mappings. */
  readonly recent: boolean;
  /** MFD_EXEC, MFD_NOEXEC_SEAL and F_SEAL_EXEC (6.3). */
  readonly sealsExec: boolean;
  /** io_uring is there and may be used. */
  readonly rings: boolean;
}

const PAGE = 4096;
const PROBE_PLACE = 0x2000_0000_0000;
const PROBE_TARGET = PROBE_PLACE + 16 * PAGE;

/** Shows a socket and a mapping that the kernel places, then the traits, one in each of the last steps. */
const PROBE: Program = {
  unprivileged: false,
  roots: 1,
  steps: [
    { op: 'socketpair', by: 0, name: 0, cloexec: false },
    { op: 'memfd', by: 0, name: 0, flags: 0, size: PAGE },
    probeMapping({ address: 0 }),
    probeMapping({}),
    probeMapping({ address: PROBE_PLACE + 2 * PAGE }),
    probeMapping({ fd: 0, prot: 5, address: 0 }),
    {
      op: 'mremap',
      by: 0,
      address: PROBE_PLACE,
      oldLength: 3 * PAGE,
      newLength: 3 * PAGE,
      flags: 3,
      newAddress: PROBE_TARGET,
    },
    { op: 'memfd', by: 0, name: 1, flags: 8, size: 0 },
    { op: 'ring', by: 0, entries: 1 },
  ],
};

function probeMapping(options: { readonly fd?: number; readonly prot?: number; readonly address?: number }): Step {
  const { fd = 2, prot = 3, address = PROBE_PLACE } = options;
  return { op: 'mmap', by: 0, address, length: PAGE, prot, shared: true, place: 'hint', fd, offset: 0 };
}

interface Waiting {
  readonly lines: string[];
  readonly resolve: (blocks: readonly string[]) => void;
  readonly reject: (why: Error) => void;
}

/** The running perform; programs are answered in the order they are given. */
export class Performer implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: Waiting[] = [];
  #traits: KernelTraits = { socketsNoexec: true, recent: true, sealsExec: true, rings: true };
  #ended: Error | null = null;

  private constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.#take(line));
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`perform ended (${code ?? signal})`)));
  }

  /** Starts it; refuses with `Unable` where the kernel does not let it see or place what it must. */
  static async start(program: string): Promise<Performer> {
    const performer = new Performer(program);
    const probe = performer.perform(PROBE, new Set());
    const said = await probe.catch((error: unknown) => {
      throw new Unable(error instanceof Error ? error.message : String(error));
    });
    const shown = said.join('');
    if (!said[0]?.startsWith('placement known')) performer.#refuse('the kernel places mappings elsewhere');
    if (!shown.includes('socket:s0.1')) performer.#refuse('/proc/PID/fd cannot be read');
    if (!shown.includes('7ffff7ffe000-7ffff7fff000 rw-s')) performer.#refuse('/proc/PID/maps cannot be read');
    const [noexec, several, seals, ring] = said.slice(-4).map((block) => block.split('\n')[0]);
    performer.#traits = {
      socketsNoexec: noexec === 'r -1',
      recent: several === `r ${PROBE_TARGET}`,
      sealsExec: seals === 'r 3',
      rings: ring === 'r 4',
    };
    return performer;
  }

  /** In what this kernel differs from the one that the model imitates. */
  get traits(): KernelTraits {
    return this.#traits;
  }

  /** What it printed for the start and for each step. */
  perform(program: Program, collecting: ReadonlySet<number>, rounds = 3): Promise<readonly string[]> {
    const answer = this.#expect();
    if (this.#ended === null) this.#child.stdin.write(encodeProgram(program, collecting, rounds));
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
    this.#lines.close();
  }

  #expect(): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) reject(this.#ended);
      else this.#waiting.push({ lines: [], resolve, reject });
    });
  }

  #refuse(why: string): never {
    this[Symbol.dispose]();
    throw new Unable(why);
  }

  #take(line: string): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    if (line.startsWith('! ')) {
      this.#fail(new Error(line.slice(2)));
    } else if (line === 'end') {
      this.#waiting.shift();
      const blocks = first.lines.join('').split('.\n');
      first.resolve(blocks.slice(0, -1));
    } else {
      first.lines.push(`${line}\n`);
    }
  }

  #fail(why: Error): void {
    this.#ended ??= why;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
