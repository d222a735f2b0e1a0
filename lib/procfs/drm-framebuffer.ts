/** debugfs `framebuffer` of a DRM device. Linux: drm_framebuffer_info(), drm_framebuffer_print_info() and drm_gem_print_info(). */

import { decimalFigure } from './figure.ts';

/** A plane of a framebuffer: a GEM object and where the picture lies in it. */
export interface FramebufferLayer {
  readonly width: number;
  readonly height: number;
  /** Bytes. */
  readonly pitch: number;
  readonly offset: number;
  readonly object: {
    /** flink name; 0: none. */
    readonly name: number;
    readonly refs: number;
    /** Fake offset, in pages. */
    readonly start: number;
    /** Bytes. */
    readonly size: number;
    readonly imported: boolean;
    /** The driver's own lines, without indentation. */
    readonly more: readonly string[];
  };
}

export interface FramebufferInfo {
  readonly id: number;
  /** comm of who made it, `[fbcon]` for the console. */
  readonly allocator: string;
  readonly refs: number;
  /** Fourcc: `XR24`. */
  readonly format: string;
  readonly modifier: bigint;
  readonly width: number;
  readonly height: number;
  readonly layers: readonly FramebufferLayer[];
}

/** The file, newest framebuffer first. */
export function formatFramebuffers(framebuffers: Iterable<FramebufferInfo>): string {
  let text = '';
  for (const fb of framebuffers) {
    text += `framebuffer[${fb.id}]:\n\tallocated by = ${fb.allocator}\n\trefcount=${fb.refs}\n`;
    text += `\tformat=${formatFourcc(fb.format)}\n\tmodifier=0x${fb.modifier.toString(16)}\n`;
    text += `\tsize=${fb.width}x${fb.height}\n\tlayers:\n`;
    fb.layers.forEach((layer, at) => {
      text += formatLayer(layer, at);
    });
  }
  return text;
}

function formatLayer({ width, height, pitch, offset, object }: FramebufferLayer, at: number): string {
  let text = `\t\tsize[${at}]=${width}x${height}\n\t\tpitch[${at}]=${pitch}\n\t\toffset[${at}]=${offset}\n\t\tobj[${at}]:\n`;
  const lines = [
    `name=${object.name}`,
    `refcount=${object.refs}`,
    `start=${object.start.toString(16).padStart(8, '0')}`,
    `size=${object.size}`,
    `imported=${object.imported ? 'yes' : 'no'}`,
    ...object.more,
  ];
  for (const line of lines) text += `\t\t\t${line}\n`;
  return text;
}

/** printk's `%p4cc`: the letters, the byte order and the number. */
function formatFourcc(format: string): string {
  let number = 0;
  for (let at = 3; at >= 0; at--) number = number * 256 + (format.charCodeAt(at) & 0xff);
  return `${format} little-endian (0x${number.toString(16).padStart(8, '0')})`;
}

const FRAMEBUFFER =
  /framebuffer\[(\d+)\]:\n\tallocated by = (.*)\n\trefcount=(\d+)\n\tformat=(.{4}) little-endian \(0x[0-9a-f]+\)\n\tmodifier=0x([0-9a-f]+)\n\tsize=(\d+)x(\d+)\n\tlayers:\n((?:\t\t.*\n)*)/y;
const LAYER =
  /\t\tsize\[\d+\]=(\d+)x(\d+)\n\t\tpitch\[\d+\]=(\d+)\n\t\toffset\[\d+\]=(\d+)\n\t\tobj\[\d+\]:\n\t\t\tname=(\d+)\n\t\t\trefcount=(\d+)\n\t\t\tstart=([0-9a-f]+)\n\t\t\tsize=(\d+)\n\t\t\timported=(yes|no)\n((?:\t\t\t.*\n)*)/y;

/**
 * Reads the file.
 *
 * @returns null if the text is not this file.
 */
export function parseFramebuffers(text: string): readonly FramebufferInfo[] | null {
  const framebuffers: FramebufferInfo[] = [];
  const blocks = matchAll(FRAMEBUFFER, text);
  if (blocks === null) return null;
  for (const [
    ,
    id = '',
    allocator = '',
    refs = '',
    format = '',
    modifier = '',
    width = '',
    height = '',
    rest = '',
  ] of blocks) {
    const layers = matchAll(LAYER, rest);
    if (layers === null) return null;
    framebuffers.push({
      id: decimalFigure(id),
      allocator,
      refs: decimalFigure(refs),
      format,
      modifier: BigInt(`0x${modifier}`),
      width: decimalFigure(width),
      height: decimalFigure(height),
      layers: layers.map(readLayer),
    });
  }
  return framebuffers;
}

function readLayer(match: RegExpExecArray): FramebufferLayer {
  const figure = (at: number): number => decimalFigure(match[at] ?? '');
  return {
    width: figure(1),
    height: figure(2),
    pitch: figure(3),
    offset: figure(4),
    object: {
      name: figure(5),
      refs: figure(6),
      start: parseInt(match[7] ?? '', 16),
      size: figure(8),
      imported: match[9] === 'yes',
      more: (match[10] ?? '')
        .split('\n')
        .slice(0, -1)
        .map((line) => line.slice(3)),
    },
  };
}

/** Every match, one right after the other to the end; null if something is left. */
function matchAll(pattern: RegExp, text: string): readonly RegExpExecArray[] | null {
  const matches: RegExpExecArray[] = [];
  for (let at = 0; at < text.length;) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[0] === '') return null;
    matches.push(match);
    at += match[0].length;
  }
  return matches;
}
