/** Scenarios: what processes do with shared buffers, line by line, played on the modelled kernel. */

export { type Attributes, type BundleRecord, formatBundle, parseBundle } from './bundle.ts';
export { guestKernel, kernelFor } from './guest-kernel.ts';
export { playScenario, playSteps, type Step } from './play-scenario.ts';
export { ScenarioError } from './scenario-error.ts';
export { formatTruth, type Truth, type TruthActor, type TruthBuffer, type TruthFd, type TruthMap } from './truth.ts';
