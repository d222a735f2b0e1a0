/**
 * /proc/[pid]/fdinfo/N. Linux: seq_show() in fs/proc/fd.c, then the file's show_fdinfo: dma_buf_show_fdinfo()
 * for dma-bufs, sock_show_fdinfo() for UNIX sockets with descriptors in flight.
 */

import { decimalFigure } from './figure.ts';

/** What only a dma-buf's fdinfo has; a file is a dma-buf if and only if it prints `exp_name`. */
export interface DmaBufFdinfo {
  /** Bytes. */
  readonly size: number;
  /** References to the file, less the one procfs takes to look. */
  readonly count: number;
  readonly exporter: string;
  /** null: never set; '' is a name. */
  readonly name: string | null;
}

export interface Fdinfo {
  readonly pos: number;
  /** f_flags of the file; with O_CLOEXEC (0o2000000) if this descriptor is close-on-exec. */
  readonly flags: number;
  readonly mountId: number;
  /** null: kernels before 5.14 do not print it. */
  readonly inode: number | null;
  /** Lines of file locks and of other kinds of file, as they stand, each with its newline; '' if none. */
  readonly other: string;
  /** Descriptors in this socket's queues; null: the line is absent. */
  readonly scmFds: number | null;
  readonly dmaBuf: DmaBufFdinfo | null;
}

/**
 * The text of a fdinfo file. A name is printed raw, as the kernel does: one with a newline forges lines.
 *
 * @example
 * formatFdinfo({ pos: 0, flags: 0o2000002, mountId: 15, inode: 27, other: '', scmFds: null, dmaBuf: null })
 * // 'pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t27\n'
 */
export function formatFdinfo(info: Fdinfo): string {
  let text = `pos:\t${info.pos}\nflags:\t0${info.flags.toString(8)}\nmnt_id:\t${info.mountId}\n`;
  if (info.inode !== null) text += `ino:\t${info.inode}\n`;
  text += info.other;
  if (info.scmFds !== null) text += `scm_fds: ${info.scmFds}\n`;
  const buf = info.dmaBuf;
  if (buf !== null) {
    text += `size:\t${buf.size}\ncount:\t${buf.count}\nexp_name:\t${buf.exporter}\n`;
    if (buf.name !== null) text += `name:\t${buf.name}\n`;
  }
  return text;
}

const HEAD = /^(pos|flags|mnt_id|ino):[\t ]*(\d+)[\t ]*(?:\n|$)/;
const SCM_FDS = /(?:^|\n)scm_fds:[\t ]*(\d+)\n?$/;
// The name is last and may hold anything, so it takes all that is left: a forged line stays part of it.
const DMA_BUF =
  /(?:^|\n)size:[\t ]*(\d+)\ncount:[\t ]*(-?\d+)\nexp_name:[\t ]*([^\n]*?)(?:\n|$)(?:name:(?:\t| +|$)([^]*))?$/;

/**
 * Reads a fdinfo file; blanks may stand for tabs and the last newline may be missing, as in pasted dumps.
 *
 * @returns null if the text is not a fdinfo file.
 * @example
 * parseFdinfo('pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t27\n')?.inode === 27
 */
export function parseFdinfo(text: string): Fdinfo | null {
  const head = new Map<string, string>();
  let rest = text;
  for (;;) {
    const line = HEAD.exec(rest);
    if (line === null || head.has(line[1] ?? '')) break;
    head.set(line[1] ?? '', line[2] ?? '');
    rest = rest.slice(line[0].length);
  }
  const flags = head.get('flags');
  if (flags === undefined || !/^[0-7]+$/.test(flags)) return null;

  let scmFds: number | null = null;
  let dmaBuf: DmaBufFdinfo | null = null;
  const buf = DMA_BUF.exec(rest);
  if (buf !== null) {
    rest = before(rest, buf);
    const name = buf[4];
    dmaBuf = {
      size: decimalFigure(buf[1] ?? ''),
      count: decimalFigure(buf[2] ?? ''),
      exporter: buf[3] ?? '',
      name: name === undefined ? null : name.endsWith('\n') ? name.slice(0, -1) : name,
    };
  } else {
    const scm = SCM_FDS.exec(rest);
    if (scm !== null) {
      rest = before(rest, scm);
      scmFds = decimalFigure(scm[1] ?? '');
    }
  }
  const inode = head.get('ino');
  return {
    pos: decimalFigure(head.get('pos') ?? '0'),
    flags: parseInt(flags, 8),
    mountId: decimalFigure(head.get('mnt_id') ?? '0'),
    inode: inode === undefined ? null : decimalFigure(inode),
    other: rest,
    scmFds,
    dmaBuf,
  };
}

/** What stands before a match, with its newline. */
function before(text: string, match: RegExpExecArray): string {
  return text.slice(0, match.index + (match[0].startsWith('\n') ? 1 : 0));
}
