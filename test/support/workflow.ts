/** A workflow of the catalogue, run as it is deployed over steps at hand. */
import { workflows } from '../../functions/workflows.ts';
import { deployable } from '../../infra/constructs/workflows.ts';
import { createClock } from '../../infra/local/clock.ts';
import { createStateMachines } from '../../infra/local/state-machines.ts';
import type { StepEvent } from '../../shared/edge/catalogue.ts';
import { NOW } from './events.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:steps';
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters';
const steps = { logicalId: 'F', name: 'steps', arn: FUNCTION, codeDirectory: '', handler: 'index.handler' };

/** The output that the workflow ends with. */
export const outputOf = async (
  name: keyof typeof workflows,
  handlers: Record<string, (input: unknown) => Promise<unknown>>,
  input: unknown,
): Promise<unknown> => {
  const definition = deployable(workflows[name].definition, {
    functionArnOf: () => FUNCTION,
    deadLettersUrl: QUEUE,
  }) as Record<string, unknown>;
  const arn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const clock = createClock({ file: null, start: NOW });
  const machines = createStateMachines({
    machines: new Map([['M', { logicalId: 'M', name, arn, definition }]]),
    functions: new Map([['F', { ...steps, environment: {}, memoryMb: 512, timeoutSeconds: 900 }]]),
    invoke: async (_, event) => {
      const { step, input: given } = event as StepEvent;
      return handlers[step]?.(given);
    },
    send: (url) => url === QUEUE,
    clock,
    file: null,
  });
  const execution = await machines.start(name, input, 'run');
  await machines.idle();
  // What it waits for comes at once.
  for (let next = clock.nextAlarmMs(); next !== null; next = clock.nextAlarmMs()) {
    clock.set(new Date(next).toISOString());
    await machines.idle();
  }
  await machines.stop();
  return machines.find(execution)?.output;
};
