/** The composition root of the outbox: it needs no store, and is the only one that needs the bus and the workflows. */
import { eventBridge } from '../../shared/data/bus.ts';
import { recordOf } from '../../shared/data/items.ts';
import { stepFunctions } from '../../shared/data/workflows.ts';
import { readEnvironment, readVariable, workflowVariable } from '../../shared/edge/env.ts';
import type { PublishDeps } from '../../shared/usecases/outbox/publish.ts';
import type { Images } from '../../shared/usecases/ports/store.ts';

export const live: PublishDeps & Images = {
  bus: eventBridge(readEnvironment('busName')),
  workflows: stepFunctions((workflow) => readVariable(workflowVariable(workflow))),
  recordOf,
};
