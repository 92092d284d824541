/** The functions, and the services that they call. */
import { createWriteStream } from 'node:fs';
import type { Invoke } from '../base/invoke.ts';
import { EventBus } from '../events/bus.ts';
import { Lambdas } from '../lambda/lambda.ts';
import { S3_PREFIX } from '../s3/s3.ts';
import { StateMachines } from '../states/state-machines.ts';
import { startAws } from './aws.ts';
import type { Ground } from './ground.ts';

export interface Services {
  lambdas: Lambdas;
  machines: StateMachines;
  bus: EventBus;
  /** Sets the listener that runs after each write to the table. */
  onWrite: (listener: () => void) => void;
}

export async function startServices(ground: Ground): Promise<Services> {
  const { data, closing, model, door, accessKey, dynamo, forgetting, clock, reveal } = ground;
  // Workflows and functions call each other: early calls wait until the functions are started.
  const ready = Promise.withResolvers<Lambdas>();
  const invoke: Invoke = async (functionId, event) => (await ready.promise).invoke(functionId, event);
  const machines = machinesOn(ground, invoke);
  const bus = new EventBus({
    ...{
      model: model.bus,
      invoke,
      startExecution: (id, input, name) => machines.start(id, input, name),
      clock,
      redaction: ground.redaction,
    },
    onPublish: forgetting.heard,
    file: data.file('bus.jsonl'),
  });
  let notifyOfWrite = () => {};
  const aws = await startAws({
    ...{ dynamoEndpoint: dynamo.endpoint, gate: dynamo.gate, table: model.table, bus, machines },
    ...{ metrics: ground.metrics, faults: ground.faults },
    onWrite: () => notifyOfWrite(),
  });
  closing.add(aws.stop);
  const lambdas = new Lambdas({
    ...{ functions: model.functions, secretAccessKey: accessKey, reveal },
    endpoints: { ...aws.endpoints, s3: door.url + S3_PREFIX },
    log: lambdaLog(ground),
  });
  closing.addWork(() => machines.stop());
  closing.addWork(() => bus.stop());
  // All parts learn of the stop in the same tick, so that none of them takes the end of a function for a failure.
  closing.addWork(() => lambdas.stop());
  ready.resolve(lambdas);
  const onWrite = (listener: () => void) => {
    notifyOfWrite = listener;
  };
  return { lambdas, machines, bus, onWrite };
}

function machinesOn({ settings, data, model, queues, clock }: Ground, invoke: Invoke): StateMachines {
  return new StateMachines({
    ...{ machines: model.stateMachines, functions: model.functions, invoke, clock, log: settings.log },
    send: (url, body) => {
      const queue = [...model.queues.values()].find((one) => one.url === url);
      if (queue) queues.send(queue.arn, body);
      return queue !== undefined;
    },
    file: data.file('executions.jsonl'),
  });
}

/** Functions print to a file of their own, so that the stack's own log stays readable. */
function lambdaLog({ data, closing, settings: { log } }: Ground): Ground['settings']['log'] {
  const file = data.file('lambda.log');
  if (file === null) return log;
  const stream = createWriteStream(file, { flags: 'a' });
  closing.add(() => new Promise((resolve) => stream.end(resolve)));
  return (line) => void stream.write(`${line}\n`);
}
