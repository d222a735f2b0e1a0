import type { Charges } from './charges.ts';
import { chargeContainers } from './containers.ts';
import type { Holding } from './holding.ts';

/**
 * ion-debugfs: the rows of /sys/kernel/debug/ion/heaps added up: each buffer whole for each client with a handle of it, charged to the
 * process that started first of those that reach the client; it has mostly opened it. Buffers without handles are nobody's ("orphaned").
 * Source: ion_debug_heap_show, Linux 4.9.
 */
export function ionDebugfs(holding: Holding): Charges {
  return chargeContainers(holding, 'ion-debugfs', 'ion-client', ({ containers }) => {
    const seen = new Set<number>();
    return containers.map((ids) => ids.filter((id) => !seen.has(id) && seen.add(id)));
  });
}
