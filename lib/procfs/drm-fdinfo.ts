/**
 * What fdinfo of a DRM file has after the common lines (Documentation/gpu/drm-usage-stats.rst). Linux: drm_show_fdinfo() and
 * drm_show_memory_stats() in drivers/gpu/drm/drm_file.c; engines are printed by drivers.
 */

import { type DrmSizeRule, formatDrmSize } from './drm-size.ts';

/** Sizes in one region, in bytes; null: the line is absent. */
export interface DrmRegion {
  /** `memory` is the system's; others are the driver's: `vram0`, `gtt`. */
  readonly name: string;
  readonly total: number | null;
  readonly shared: number | null;
  readonly active: number | null;
  readonly resident: number | null;
  readonly purgeable: number | null;
  /** `drm-memory-R`, the old name of resident, of one driver. */
  readonly memory: number | null;
}

/** What one engine has done for this file; null: the line is absent. */
export interface DrmEngine {
  readonly name: string;
  /** Nanoseconds. */
  readonly busy: number | null;
  /** How many engines there are of this kind; absent if it is one. */
  readonly capacity: number | null;
  readonly cycles: number | null;
  readonly totalCycles: number | null;
  /** Hz. */
  readonly maxFrequency: number | null;
}

export interface DrmFdinfo {
  readonly driver: string;
  /** `0000:00:04.0`; null: not a PCI device. */
  readonly pdev: string | null;
  /** One per open file: descriptors of it that were duplicated, inherited or passed have the same. */
  readonly clientId: number | null;
  readonly clientName: string | null;
  readonly engines: readonly DrmEngine[];
  readonly regions: readonly DrmRegion[];
}

/** In the order they are printed. */
export const DRM_STATS = ['total', 'shared', 'active', 'resident', 'purgeable'] as const;

/**
 * The lines, each with its newline. A name is printed raw, as the kernel does: one with a newline forges lines.
 *
 * @example
 * const gpu = { driver: 'panfrost', pdev: null, clientId: 3, clientName: null, engines: [], regions: [] };
 * formatDrmFdinfo(gpu) === 'drm-driver:\tpanfrost\ndrm-client-id:\t3\n'
 */
export function formatDrmFdinfo(info: DrmFdinfo, rule: DrmSizeRule = 'aligned'): string {
  let text = line('driver', info.driver) + line('client-id', info.clientId);
  text += line('pdev', info.pdev) + line('client-name', info.clientName);
  for (const engine of info.engines) {
    text += line(`engine-${engine.name}`, engine.busy === null ? null : `${engine.busy} ns`);
    text += line(`engine-capacity-${engine.name}`, engine.capacity);
    text += line(`cycles-${engine.name}`, engine.cycles) + line(`total-cycles-${engine.name}`, engine.totalCycles);
    text += line(`maxfreq-${engine.name}`, engine.maxFrequency === null ? null : `${engine.maxFrequency} Hz`);
  }
  for (const region of info.regions) {
    for (const stat of [...DRM_STATS, 'memory'] as const) {
      const bytes = region[stat];
      if (bytes !== null) text += line(`${stat}-${region.name}`, formatDrmSize(bytes, rule));
    }
  }
  return text;
}

function line(key: string, value: string | number | null): string {
  return value === null ? '' : `drm-${key}:\t${value}\n`;
}
