import type { DrmFile } from '../drivers/drm-file.ts';
import { type DrmRegion, formatDrmFdinfo } from '../procfs/drm-fdinfo.ts';

/** drm_show_fdinfo with drm_show_memory_stats: what the fdinfo of a DRM file has after the common lines. */
export function drmFdinfoText(file: DrmFile): string {
  const { driver, name } = file.device;
  return formatDrmFdinfo({
    driver: driver.name,
    pdev: /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(name) ? name : null,
    clientId: file.clientId,
    clientName: null,
    engines: [],
    regions: [memoryStats(file)],
  });
}

/** Every object once per handle: one that has two counts twice. */
function memoryStats(file: DrmFile): DrmRegion {
  const { driver } = file.device;
  const sums = { total: 0, shared: 0, active: 0, resident: 0, purgeable: 0 };
  let anyActive = false;
  let anyResident = false;
  let anyPurgeable = false;
  for (const [, object] of file.handles()) {
    const status = driver.status?.(object) ?? { resident: false, purgeable: false };
    const backed = driver.resident?.(object) ?? object.size;
    sums.total += object.size;
    if (object.shared) sums.shared += object.size;
    if (status.resident) sums.resident += backed;
    if (object.active) sums.active += backed;
    if (status.purgeable && status.resident && !object.active) sums.purgeable += backed;
    // A line is there if any object has the status (supported_status), whatever the sum.
    anyActive ||= object.active;
    anyResident ||= status.resident;
    anyPurgeable ||= status.purgeable;
  }
  return {
    name: 'memory',
    total: sums.total,
    shared: sums.shared,
    active: anyActive ? sums.active : null,
    resident: anyResident ? sums.resident : null,
    purgeable: anyPurgeable ? sums.purgeable : null,
    memory: null,
  };
}
