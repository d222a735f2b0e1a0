import type { BenchCase } from '../case.ts';
import { apply50m, applyAndroid, applyBig } from './apply.ts';
import { bytesPerHandle } from './bytes-per-handle.ts';
import { exitGrowth, forkGrowth } from './exit-growth.ts';
import { ftraceTextCase } from './ftrace-text.ts';
import { installGrowth } from './install-growth.ts';
import { lowestFreeId } from './lowest-free-id.ts';
import { memtrackText } from './memtrack-text.ts';
import { modelMix } from './model-mix.ts';
import { modelOperations } from './model-operations.ts';
import { namedWorkers } from './named-workers.ts';
import { singleInstall } from './single-install.ts';
import { straceReplay } from './strace-replay.ts';
import { straceToAnswer } from './strace-to-answer.ts';

export const CASES: readonly BenchCase[] = [
  applyAndroid,
  applyBig,
  apply50m,
  bytesPerHandle,
  installGrowth,
  exitGrowth,
  forkGrowth,
  lowestFreeId,
  singleInstall,
  memtrackText,
  straceToAnswer,
  ftraceTextCase,
  straceReplay,
  modelOperations,
  modelMix,
  namedWorkers,
];
