import { fileURLToPath } from 'node:url';
import type { Role, Variant } from './case.ts';

const JOBS = new URL('./jobs/', import.meta.url);
const NATIVE = new URL('../../native/', import.meta.url);
const NODE = [process.execPath, '--expose-gc', '--max-old-space-size=8192'] as const;

/** A contestant in a Node process of its own: bench/jobs/`job`.ts. */
export function nodeVariant(name: string, role: Role, job: string, ...args: readonly string[]): Variant {
  return { name, role, argv: [...NODE, fileURLToPath(new URL(`${job}.js`, JOBS)), ...args] };
}

/** A contestant of bench/native. */
export function nativeVariant(name: string, role: Role, program: string, ...args: readonly string[]): Variant {
  return { name, role, argv: [fileURLToPath(new URL(program, NATIVE)), ...args] };
}

/** Everybody who executes a workload. */
export function contestants(workload: string, ...options: readonly string[]): readonly Variant[] {
  return [
    nodeVariant('memtrack', 'memtrack', 'drive', 'memtrack', workload, ...options),
    nodeVariant('memtrack, eager trees', 'memtrack', 'drive', 'memtrack-eager', workload, ...options),
    nativeVariant('memtrack core without Node', 'memtrack', 'tracker_bench', workload, ...options),
    nodeVariant('JS Map', 'rival', 'drive', 'js-map', workload, ...options),
    nodeVariant('JS typed arrays', 'rival', 'drive', 'js-typed-array', workload, ...options),
    nativeVariant("C++, kernel's algorithm", 'rival', 'kernel_rival', workload, ...options),
    nativeVariant('C++ std::map', 'rival', 'std_map_rival', workload, ...options),
  ];
}

export function scanLimit(workload: string): Variant {
  return { ...nativeVariant('bare scan (limit)', 'limit', 'scan_rival', workload, '--no-reads'), unchecked: true };
}
