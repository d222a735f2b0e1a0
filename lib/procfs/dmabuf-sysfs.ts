/**
 * Files below /sys/kernel/dmabuf/buffers/[inode], each one figure or word and a newline. Linux: exporter_name_show(), size_show()
 * and, in the form of January 2021, map_counter_show() in drivers/dma-buf/dma-buf-sysfs-stats.c.
 */

import { decimalFigure } from './figure.ts';

/** exporter_name. */
export function formatExporterName(name: string): string {
  return `${name}\n`;
}

/** size, in bytes; map_counter. */
export function formatCount(count: number): string {
  return `${count}\n`;
}

/** A file of one figure; null: it is none. */
export function parseCount(text: string): number | null {
  return /^\d+\n?$/.test(text) ? decimalFigure(text.trim()) : null;
}

/** A file of one word or line, without its newline. */
export function parseExporterName(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
