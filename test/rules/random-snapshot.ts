import fc from 'fast-check';
import type { Snapshot } from '../../lib/core/snapshot.ts';
import { buildSnapshot } from '../snapshot-builder.ts';

/** Small snapshots with everything in them: shared tables, address spaces and containers, aliases, unknown sizes, the dead. */
export const randomSnapshot: fc.Arbitrary<Snapshot> = fc
  .record({ buffers: fc.integer({ min: 1, max: 7 }), processes: fc.integer({ min: 1, max: 9 }) })
  .chain(({ buffers, processes }) => {
    const row = fc.nat(buffers - 1);
    const since = fc.bigInt({ min: 0n, max: 1000n });
    const ids = (share: number): fc.Arbitrary<readonly number[] | undefined> =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.array(fc.nat(share), { minLength: 1, maxLength: 2 }) },
      );
    return fc.record({
      buffers: fc.array(
        fc.record({
          size: fc.option(fc.nat(9), { freq: 6 }),
          sizeAtLeast: fc.option(fc.nat(5)),
          backing: fc.option(row, { freq: 2, nil: -1 }),
        }),
        { minLength: buffers, maxLength: buffers },
      ),
      processes: fc.array(
        fc.record({
          state: fc.constantFrom('alive' as const, 'alive' as const, 'alive' as const, 'exited' as const),
          tables: ids(2),
          addressSpaces: ids(2),
          containers: ids(3),
          fds: fc.array(fc.tuple(fc.nat(20), row, since)),
          maps: fc.array(fc.tuple(fc.nat(9), row, fc.constant(1), since)),
        }),
        { minLength: processes, maxLength: processes },
      ),
      containers: fc.array(
        fc.record({
          inFlight: fc.nat(2),
          handles: fc.array(
            fc.tuple(fc.nat(9), row, fc.constantFrom('handle' as const, 'framebuffer' as const), since),
            { maxLength: 4 },
          ),
        }),
        { minLength: 4, maxLength: 4 },
      ),
    });
  })
  .map((spec) => {
    // Pages of pages: only the first level, and never of itself.
    const isAlias = spec.buffers.map((buffer, i) => buffer.backing >= 0 && buffer.backing !== i);
    return buildSnapshot({
      buffers: spec.buffers.map(({ size, sizeAtLeast, backing }, i) => ({
        ...(size === null ? {} : { size }),
        ...(sizeAtLeast === null ? {} : { sizeAtLeast }),
        backing: isAlias[i] === true && isAlias[backing] === false ? backing : -1,
      })),
      processes: spec.processes.map(({ tables, addressSpaces, containers, state, ...rest }, i) =>
        state === 'exited'
          ? { pid: 100 + i, state }
          : {
              pid: 100 + i,
              state,
              ...rest,
              ...(tables === undefined ? {} : { tables }),
              ...(addressSpaces === undefined ? {} : { addressSpaces }),
              ...(containers === undefined ? {} : { containers: [...new Set(containers)] }),
            },
      ),
      containers: spec.containers.map((container, id) => ({ id, ...container })),
    });
  });
