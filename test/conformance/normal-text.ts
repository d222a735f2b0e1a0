import type { Attributes, BundleRecord } from '../../lib/scenario/bundle.ts';
import type { Truth } from '../../lib/scenario/truth.ts';

/** What is compared; the rest of a bundle the model does not print. */
const COMPARED = [
  /^proc\/\d+\/(task\/\d+\/)?(comm|maps)$/,
  /^proc\/\d+\/(task\/\d+\/)?(fd|fdinfo)$/,
  /^proc\/\d+\/(task\/\d+\/)?(fd|fdinfo)\/(?![012]$)\d+$/,
  /^proc\/sysvipc\/shm$/,
  /^sys\/kernel\/debug\/dma_buf\//,
  /^sys\/kernel\/debug\/dri\/(\d+$|[^/]+\/)/,
  /^sys\/kernel\/dmabuf($|\/)/,
];

const MAPS_LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) (\S+) (\d+) ( *)(.*)$/s;
/** Memory that is no shared buffer: the program, its heap, stacks and vdso. */
const PRIVATE = /^$|^\[.*\]$|^\/bin\/stage$/;

/** Of these the model knows neither device nor inode number. */
const ANONYMOUS = /^(?:socket|anon_inode):/;

/**
 * The compared records of a bundle as lines `path: text`, without what differs from one boot to the next
 * (docs/conformance.md says what that is). `truth` tells the pids of actors and the inodes of memfds.
 */
export function normalText(records: readonly BundleRecord[], truth: Truth): readonly string[] {
  return new Normaliser(truth).lines(records);
}

type Link = Extract<BundleRecord, { readonly type: 'link' }>;

class Normaliser {
  readonly #pids: ReadonlyMap<string, string>;
  /** Labels of what has an inode number that depends on the boot, by `dev/ino`. */
  readonly #inodes = new Map<string, string>();
  readonly #devices = new Map<string, string>();

  constructor(truth: Truth) {
    this.#pids = new Map(
      truth.actors.flatMap(({ label, pid, tid }) => [
        [String(pid), `<${truth.actors.find((actor) => actor.tid === pid)?.label ?? label}>`],
        [String(tid), `<${label}>`],
      ]),
    );
    for (const { kind, dev, ino, label, path } of truth.buffers) {
      if (dev === undefined || ino === undefined) continue;
      if (kind === 'memfd') this.#inodes.set(`${dev}/${ino}`, label);
      if (kind === 'drm-file') this.#inodes.set(`${dev}/${ino}`, path ?? '');
    }
  }

  lines(records: readonly BundleRecord[]): readonly string[] {
    const links = new Map(records.flatMap((each) => (each.type === 'link' ? [[each.path, each] as const] : [])));
    return records
      .filter(({ path }) => COMPARED.some((pattern) => pattern.test(path)))
      .map((record) => {
        const path = this.#path(record.path);
        switch (record.type) {
          case 'file': {
            const link = links.get(record.path.replace('/fdinfo/', '/fd/'));
            return `${path}: ${this.#text(record.path, record.text, link?.attributes ?? {}, link?.text ?? '')}`;
          }
          case 'link':
            return `${path} -> ${this.#link(record.text)} ${this.#attributes(record)}`;
          case 'error':
            return `${path}: ${record.errno}`;
          case 'stat':
          case 'dir':
            return path;
        }
      });
  }

  #path(path: string): string {
    return path.replace(
      /^(proc\/)(\d+)((?:\/task\/)?)(\d*)/,
      (_, proc: string, pid: string, task: string, tid: string) =>
        [proc, this.#pid(pid), task, tid === '' ? '' : this.#pid(tid)].join(''),
    );
  }

  #pid(pid: string): string {
    return this.#pids.get(pid) ?? pid;
  }

  /** In the width of the column. */
  #pidColumn(text: string): string {
    const pid = this.#pids.get(text.trim()) ?? (text.trim() === '0' ? '0' : '<?>');
    return ` ${pid}/${text.length}`;
  }

  #text(path: string, text: string, attributes: Attributes, link: string): string {
    if (path.endsWith('/maps')) return this.#maps(text);
    if (path.includes('/fdinfo/')) return this.#fdinfo(text, attributes, link);
    if (path.endsWith('/sysvipc/shm')) return this.#shm(text);
    if (path.endsWith('/clients'))
      return text.replace(/^( {0,20}\S+)( +\d+)/gm, (_, comm: string, pid: string) => comm + this.#pidColumn(pid));
    if (path.endsWith('/framebuffer')) return framebuffers(text);
    return text;
  }

  #maps(text: string): string {
    return text
      .split('\n')
      .flatMap((line) => {
        const match = MAPS_LINE.exec(line);
        if (match === null) return [line];
        const [, start = '', end = '', perms, offset, dev = '', inode = '', blanks = '', path = ''] = match;
        if (PRIVATE.test(path)) return [];
        const column = line.length - path.length;
        const [major = '', minor = ''] = dev.split(':').map((each) => String(Number.parseInt(each, 16)));
        const device = `${major}:${minor}`;
        const length = (BigInt(`0x${end}`) - BigInt(`0x${start}`)).toString(16);
        const where = `${start.length}-${end.length} ${blanks === '' ? 'right after' : `at ${column}`}`;
        return [
          `+${length} ${perms} ${offset} ${this.#device(device)} ${this.#inode(device, inode, path)} ${path} (${where})`,
        ];
      })
      .join('\n');
  }

  #fdinfo(text: string, { dev = '' }: Attributes, link: string): string {
    return text
      .replace(/^mnt_id:\t\d+$/m, 'mnt_id:\tMNT')
      .replace(/^ino:\t(\d+)$/m, (_, inode: string) => `ino:\t${this.#inode(dev, inode, link)}`);
  }

  /** Pids, and times that are not 0. */
  #shm(text: string): string {
    return text.replace(
      /^((?: +\d+){4})( +\d+)( +\d+)((?: +\d+){5})((?: +\d+){3})/gm,
      (_, head: string, cpid: string, lpid: string, middle: string, times: string) =>
        head +
        this.#pidColumn(cpid) +
        this.#pidColumn(lpid) +
        middle +
        times.replace(/ +[1-9]\d*/g, (time) => `TIME/${time.length}`),
    );
  }

  #link(text: string): string {
    return text.replace(/^socket:\[\d+\]$/, 'socket:[INODE]');
  }

  /** mode and blocks are not in the model's bundles, nor what debugfs's own inodes are. */
  #attributes({ path, text, attributes }: Link): string {
    const { dev = '', ino = '', size = '', lmode = '' } = attributes;
    if (path.startsWith('sys/')) return `lmode=${lmode}`;
    if (ANONYMOUS.test(text)) return `size=${size} lmode=${lmode}`;
    return `dev=${this.#device(dev)} ino=${this.#inode(dev, ino, text)} size=${size} lmode=${lmode}`;
  }

  #device(dev: string): string {
    const known = this.#devices.get(dev) ?? `device ${this.#devices.size}`;
    this.#devices.set(dev, known);
    return known;
  }

  #inode(dev: string, inode: string, link: string): string {
    if (ANONYMOUS.test(link)) return 'INODE';
    return this.#inodes.get(`${dev}/${inode}`) ?? inode;
  }
}

/** The text console redraws when it likes, and then has one reference more to its own framebuffer and its object. */
function framebuffers(text: string): string {
  return text
    .split(/^(?=framebuffer\[)/m)
    .map((each) =>
      each
        .replace(/^framebuffer\[\d+\]/, 'framebuffer[ID]')
        .replace(/vaddr=(?!0{16})[0-9a-f]{16}/, 'vaddr=ADDRESS')
        .replace(/refcount=\d+/g, (count) => (each.includes('allocated by = [fbcon]\n') ? 'refcount=REFS' : count)),
    )
    .join('');
}
