/** The composition root of privacy. Erasure publishes to other systems and removes files. */
import { eventBridge } from '../../shared/data/bus.ts';
import { s3Files } from '../../shared/data/s3-files.ts';
import { stepFunctions } from '../../shared/data/workflows.ts';
import { readEnvironment, readS3Environment, readVariable, workflowVariable } from '../../shared/edge/env.ts';
import type { Workflows } from '../../shared/usecases/ports/bus.ts';
import type { ErasureDeps } from '../../shared/usecases/privacy/erasure-state.ts';
import { live as common } from '../live.ts';

export const live: ErasureDeps & { workflows: Workflows } = {
  ...common,
  workflows: stepFunctions((workflow) => readVariable(workflowVariable(workflow))),
  bus: eventBridge(readEnvironment('busName')),
  files: s3Files({ bucket: readEnvironment('exportsBucket'), ...readS3Environment() }),
};
