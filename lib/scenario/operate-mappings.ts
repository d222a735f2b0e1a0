import { MADV, MREMAP, pageAlign, PROT } from '../model/flags.ts';
import type { Actor } from './actor.ts';
import type { Operate } from './operate.ts';
import type { Operation } from './operation.ts';
import type { Stage } from './stage.ts';

/** Mappings. */
export const MAPPINGS: Readonly<Record<string, Operate>> = {
  mmap(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const length = pageAlign(operation.size('len') ?? prop.size);
    const offset = operation.size('off') ?? 0;
    const prot = protOf(operation.option('prot') ?? 'rw');
    const shared = !operation.flag('private');
    const fd = stage.fdOf(actor, prop, operation);
    const start = actor.task.mmap({ fd, length, offset, prot, shared });
    if (operation.flag('touch') && shared) stage.touch(prop, offset, length);
    stage.placements.add(actor.task.mm, { prop, start, length, offset, private: !shared, prot });
  },

  munmap(stage, actor, operation) {
    const prop = stage.prop(operation.word(0));
    const mapping = stage.placementOf(actor, prop, operation.count('n') ?? 0);
    const at = operation.size('at') ?? 0;
    unmap(stage, actor, mapping.start + at, operation.size('len') ?? mapping.length - at);
  },

  mprotect(stage, actor, operation) {
    const mapping = stage.placementOf(actor, stage.prop(operation.word(0)));
    const { start, length } = rangeOf(mapping, operation);
    const prot = protOf(operation.option('prot') ?? 'r');
    const { mm } = actor.task;
    actor.task.mprotect(start, length, prot);
    stage.placements.cut(mm, start, length);
    stage.placements.add(mm, { ...mapping, start, length, prot, offset: mapping.offset + (start - mapping.start) });
  },

  mremap(stage, actor, operation) {
    const mapping = stage.placementOf(actor, stage.prop(operation.word(0)));
    const length = operation.size('len') ?? mapping.length;
    const { mm } = actor.task;
    const start = actor.task.mremap(mapping.start, mapping.length, length, MREMAP.MAYMOVE);
    stage.placements.cut(mm, mapping.start, mapping.length);
    stage.placements.add(mm, { ...mapping, start, length });
  },

  dontfork(stage, actor, operation) {
    const mapping = stage.placementOf(actor, stage.prop(operation.word(0)));
    actor.task.madvise(mapping.start, mapping.length, MADV.DONTFORK);
    mapping.dontFork = true;
  },
};

/** munmap(2) of an actor's memory. */
export function unmap(stage: Stage, actor: Actor, start: number, length: number): void {
  actor.task.munmap(start, length);
  stage.placements.cut(actor.task.mm, start, length);
}

function rangeOf(mapping: { readonly start: number; readonly length: number }, operation: Operation) {
  return {
    start: mapping.start + (operation.size('at') ?? 0),
    length: operation.size('len') ?? mapping.length,
  };
}

function protOf(text: string): number {
  return (
    (text.includes('r') ? PROT.READ : 0) | (text.includes('w') ? PROT.WRITE : 0) | (text.includes('x') ? PROT.EXEC : 0)
  );
}
