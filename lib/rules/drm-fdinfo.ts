import type { Charges } from './charges.ts';
import { chargeContainers } from './containers.ts';
import type { Holding } from './holding.ts';

/**
 * drm-fdinfo: `drm-total-*` of every DRM file that a process reaches, added up: each object whole for each handle, in each file. Readers
 * who take client-ids twice, as nvtop does over processes, get this sum; shared buffers are in it more than once.
 * Source: Documentation/gpu/drm-usage-stats.rst (drm_show_memory_stats).
 */
export function drmFdinfo(holding: Holding): Charges {
  return chargeContainers(holding, 'drm-fdinfo', 'drm-file', ({ containers }) => containers);
}
