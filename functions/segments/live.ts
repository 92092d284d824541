/** The composition root of the segments: they start a backfill where one was given up. */
import { stepFunctions } from '../../shared/data/workflows.ts';
import { readVariable, workflowVariable } from '../../shared/edge/env.ts';
import type { Workflows } from '../../shared/usecases/ports/bus.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import { live as common } from '../live.ts';

export const live: Deps & { workflows: Workflows } = {
  ...common,
  workflows: stepFunctions((workflow) => readVariable(workflowVariable(workflow))),
};
