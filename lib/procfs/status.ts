/** /proc/[pid]/status. Linux 6.12: proc_pid_status() in fs/proc/array.c and what it calls. */

/** The lines about memory, in kB; a task without an address space has none of them (task_mem). */
export interface StatusMemory {
  readonly peak: number;
  readonly size: number;
  readonly locked: number;
  readonly pinned: number;
  readonly hwm: number;
  readonly rss: number;
  readonly rssAnon: number;
  readonly rssFile: number;
  readonly rssShmem: number;
  readonly data: number;
  readonly stack: number;
  readonly exe: number;
  readonly lib: number;
  readonly pte: number;
  readonly swap: number;
  readonly hugetlb: number;
}

/** Of the first three lines after the ids that depend on the address space. */
export interface StatusMm {
  readonly memory: StatusMemory;
  /** CoreDumping, THP_enabled and untag_mask, as they stand. */
  readonly coreDumping: string;
  readonly thpEnabled: string;
  readonly untagMask: string;
}

export interface Status {
  readonly name: string;
  /** Octal, as it stands; null: the task has no fs (it has ended). */
  readonly umask: string | null;
  /** `S (sleeping)` */
  readonly state: string;
  readonly tgid: number;
  readonly ngid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly tracerPid: number;
  /** Real, effective, saved, file system. */
  readonly uid: readonly number[];
  readonly gid: readonly number[];
  /** Slots of the descriptor table, or 0. */
  readonly fdSize: number;
  readonly groups: readonly number[];
  /** From the reader's pid namespace down to the task's. */
  readonly nsTgid: readonly number[];
  readonly nsPid: readonly number[];
  readonly nsPgid: readonly number[];
  readonly nsSid: readonly number[];
  readonly kthread: number;
  readonly mm: StatusMm | null;
  readonly threads: number;
  /** SigQ, as it stands. */
  readonly sigQ: string;
  /** SigPnd, ShdPnd, SigBlk, SigIgn, SigCgt. */
  readonly signals: readonly bigint[];
  /** CapInh, CapPrm, CapEff, CapBnd, CapAmb. */
  readonly caps: readonly bigint[];
  readonly noNewPrivs: number;
  /** Lines that follow, as they stand, each with its newline. */
  readonly rest: string;
}

const MEMORY: readonly (readonly [string, keyof StatusMemory])[] = [
  ['VmPeak', 'peak'],
  ['VmSize', 'size'],
  ['VmLck', 'locked'],
  ['VmPin', 'pinned'],
  ['VmHWM', 'hwm'],
  ['VmRSS', 'rss'],
  ['RssAnon', 'rssAnon'],
  ['RssFile', 'rssFile'],
  ['RssShmem', 'rssShmem'],
  ['VmData', 'data'],
  ['VmStk', 'stack'],
  ['VmExe', 'exe'],
  ['VmLib', 'lib'],
  ['VmPTE', 'pte'],
  ['VmSwap', 'swap'],
  ['HugetlbPages', 'hugetlb'],
];

const SIGNALS = ['SigPnd', 'ShdPnd', 'SigBlk', 'SigIgn', 'SigCgt'];
const CAPS = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];

/** The text of the file. A name's newlines and backslashes are escaped (proc_task_name). */
export function formatStatus(status: Status): string {
  const mm = status.mm;
  const lines: [string, string][] = [['Name', status.name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')]];
  const add = (key: string, value: string | number): void => void lines.push([key, String(value)]);
  if (status.umask !== null) add('Umask', status.umask);
  add('State', status.state);
  add('Tgid', status.tgid);
  add('Ngid', status.ngid);
  add('Pid', status.pid);
  add('PPid', status.ppid);
  add('TracerPid', status.tracerPid);
  add('Uid', status.uid.join('\t'));
  add('Gid', status.gid.join('\t'));
  add('FDSize', status.fdSize);
  add('Groups', `${status.groups.join(' ')} `);
  add('NStgid', status.nsTgid.join('\t'));
  add('NSpid', status.nsPid.join('\t'));
  add('NSpgid', status.nsPgid.join('\t'));
  add('NSsid', status.nsSid.join('\t'));
  add('Kthread', status.kthread);
  if (mm !== null) {
    for (const [key, field] of MEMORY) add(key, `${String(mm.memory[field]).padStart(8)} kB`);
    add('CoreDumping', mm.coreDumping);
    add('THP_enabled', mm.thpEnabled);
    add('untag_mask', mm.untagMask);
  }
  add('Threads', status.threads);
  add('SigQ', status.sigQ);
  SIGNALS.forEach((key, at) => add(key, mask(status.signals[at])));
  CAPS.forEach((key, at) => add(key, mask(status.caps[at])));
  add('NoNewPrivs', status.noNewPrivs);
  return lines.map(([key, value]) => `${key}:\t${value}\n`).join('') + status.rest;
}

/**
 * Reads the file as Linux 6.12 writes it.
 *
 * @returns null if it is not one.
 */
export function parseStatus(text: string): Status | null {
  const lines = new Map<string, string>();
  let rest = text;
  while (!lines.has('NoNewPrivs')) {
    const line = /^(\w+):\t(.*)\n/.exec(rest);
    if (line === null) return null;
    lines.set(line[1] ?? '', line[2] ?? '');
    rest = rest.slice(line[0].length);
  }
  const word = (key: string): string => lines.get(key) ?? '';
  const figure = (key: string): number => Number(lines.get(key)?.replace(' kB', '') ?? NaN);
  const figures = (key: string): readonly number[] => word(key).split(/\s+/).filter(Boolean).map(Number);
  const masks = (keys: readonly string[]): readonly bigint[] => keys.map((key) => BigInt(`0x${word(key) || '0'}`));
  const memory = Object.fromEntries(MEMORY.map(([key, field]) => [field, figure(key)])) as unknown as StatusMemory;
  return {
    name: word('Name').replace(/\\(n|\\)/g, (_all, escaped) => (escaped === 'n' ? '\n' : '\\')),
    umask: lines.get('Umask') ?? null,
    state: word('State'),
    tgid: figure('Tgid'),
    ngid: figure('Ngid'),
    pid: figure('Pid'),
    ppid: figure('PPid'),
    tracerPid: figure('TracerPid'),
    uid: figures('Uid'),
    gid: figures('Gid'),
    fdSize: figure('FDSize'),
    groups: figures('Groups'),
    nsTgid: figures('NStgid'),
    nsPid: figures('NSpid'),
    nsPgid: figures('NSpgid'),
    nsSid: figures('NSsid'),
    kthread: figure('Kthread'),
    mm: lines.has('VmSize')
      ? { memory, coreDumping: word('CoreDumping'), thpEnabled: word('THP_enabled'), untagMask: word('untag_mask') }
      : null,
    threads: figure('Threads'),
    sigQ: word('SigQ'),
    signals: masks(SIGNALS),
    caps: masks(CAPS),
    noNewPrivs: figure('NoNewPrivs'),
    rest,
  };
}

function mask(bits = 0n): string {
  return bits.toString(16).padStart(16, '0');
}
