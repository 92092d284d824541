/** The whole stack on one machine: the parts that the cloud assembly asks for, wired together, started and stopped. */
import { createWriteStream } from 'node:fs';
import { readAssembly } from './assembly.ts';
import { createAuthorizer } from './authorizer.ts';
import { startAws } from './aws.ts';
import { createBus } from './bus.ts';
import { createClock } from './clock.ts';
import { CONTROLS_PREFIX, createControls } from './controls.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createTable, startDynamo } from './dynamodb.ts';
import { startExpiry } from './expiry.ts';
import { startGateway } from './gateway.ts';
import type { Invoke } from './invoke.ts';
import { type Lambdas, startLambdas } from './lambda.ts';
import { createMetrics } from './metrics.ts';
import type { LocalModel } from './model.ts';
import { startSchedules } from './schedules.ts';
import { createStateMachines } from './state-machines.ts';
import { startStreams } from './streams.ts';

export interface StackSettings {
  /** A `cdk.out`, or how to make one: asked for once the data folder is ours alone. */
  assemblyDirectory: string | (() => Promise<string>);
  /** Where everything is kept between runs; null keeps it in memory. */
  dataDirectory: string | null;
  /** 0 takes a free one. */
  port: number;
  /** The instant at which the clock starts, or to which it is put forward; the machine's own unless said. */
  now?: string;
  log: (line: string) => void;
}

export interface Stack {
  url: string;
  model: LocalModel;
  /** A token with these scopes, such as `regulars/admin`. */
  token(scopes: string[], expiresInSeconds: number): Promise<string>;
  /** Resolves when streams, bus, workflows and functions have nothing left to do. */
  settle(): Promise<void>;
  /** Finishes what has begun, then ends everything. Nothing that was acknowledged is lost. */
  stop(): Promise<void>;
}

/** Refuses a data folder that another stack uses, a port in use, and an assembly that it does not fully know. */
export async function startStack(settings: StackSettings): Promise<Stack> {
  const data = openDataDirectory(settings.dataDirectory);
  const closing = createClosing();
  closing.add(async () => data.release());
  try {
    return await started(settings, data, closing);
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function started(settings: StackSettings, data: DataDirectory, closing: Closing): Promise<Stack> {
  const { assemblyDirectory, log } = settings;
  const starting = startDynamo({ directory: data.file('dynamodb'), log });
  closing.add(() =>
    starting.then(
      (dynamo) => dynamo.stop(),
      () => {},
    ),
  );
  const directory = typeof assemblyDirectory === 'string' ? assemblyDirectory : await assemblyDirectory();
  const model = readAssembly(directory);
  const dynamo = await starting;
  const { streamArn } = await createTable(dynamo.endpoint, model.table);
  const clock = createClock({ file: data.file('clock.json'), start: settings.now });
  const metrics = createMetrics({ clock });
  const queues = createDeadLetters({ directory: data.file('dead-letters'), clock });

  // Workflows and functions call each other: whoever comes first waits for the functions.
  const functions = Promise.withResolvers<Lambdas>();
  const invoke: Invoke = async (functionId, event) => (await functions.promise).invoke(functionId, event);
  const { stateMachines } = model;
  const machines = createStateMachines({
    machines: stateMachines,
    functions: model.functions,
    invoke,
    clock,
    file: data.file('executions.jsonl'),
    log,
  });
  const startExecution = machines.start;
  const bus = createBus({ model: model.bus, invoke, startExecution, clock, file: data.file('bus.jsonl') });
  let nudge = () => {};
  const aws = await startAws({ dynamoEndpoint: dynamo.endpoint, metrics, bus, machines, onWrite: () => nudge() });
  closing.add(aws.stop);
  const lambdas = startLambdas({
    functions: model.functions,
    endpoints: aws.endpoints,
    log: lambdaLog(data, log, closing),
  });
  closing.add(lambdas.stop);
  // Before the functions: a workflow must not take their end for a failure.
  closing.add(machines.stop);
  functions.resolve(lambdas);

  const expiry = startExpiry({
    endpoint: dynamo.endpoint,
    table: model.table,
    clock,
    file: data.file('expiry.json'),
    settle: () => streams.idle(),
    log,
  });
  const streams = await startStreams({
    endpoint: dynamo.endpoint,
    streamArn,
    eventSourceArn: model.table.streamArn,
    functionArn: (functionId) => model.functions.get(functionId)?.arn ?? functionId,
    mappings: model.streamMappings,
    invoke,
    clock,
    positionsFile: data.file('streams.json'),
    queues,
    hasExpired: expiry.hasExpired,
    log,
  });
  closing.add(streams.stop);
  closing.add(expiry.stop);
  nudge = streams.nudge;
  const settle = settling([lambdas, streams, bus, machines], lambdas);
  const { schedules: rows } = model;
  const schedules = startSchedules({
    schedules: rows,
    invoke,
    clock,
    stateFile: data.file('schedules.json'),
    queues,
    settle,
    writes: metrics.writes,
    log,
  });
  closing.add(schedules.stop);

  const authorizer = await createAuthorizer({ jwt: model.api.jwt, keyFile: data.file('signing-key.json') });
  const serve = createControls({
    token: authorizer.token,
    now: clock.now,
    advanceTo: async (iso) => {
      await schedules.advanceTo(iso);
      await expiry.sweep();
    },
    jobs: schedules.list,
    runJob: (name) => (rows.some((row) => row.name === name) ? schedules.run(name) : null),
    settle,
    busSince: bus.since,
    executions: machines.list,
    metrics,
    deadLetters: queues.list,
  });
  const controls = { prefix: CONTROLS_PREFIX, serve };
  const gateway = await startGateway({
    api: model.api,
    authorizer,
    invoke,
    nowMs: clock.nowMs,
    controls,
    port: settings.port,
    log,
  });
  closing.add(gateway.stop);
  return { url: gateway.url, model, token: authorizer.token, settle, stop: closing.close };
}

/**
 * Waits for all parts, functions first as their writes are what the others see, and again until nothing was invoked on
 * the way.
 */
function settling(parts: { idle(): Promise<void> }[], lambdas: Lambdas): () => Promise<void> {
  return async () => {
    for (let before = -1; before !== lambdas.begun(); ) {
      before = lambdas.begun();
      for (const part of parts) await part.idle();
    }
  };
}

interface Closing {
  /** What was added last is ended first. */
  add(end: () => Promise<void>): void;
  /** Ends everything once; the same promise for everyone who asks. */
  close(): Promise<void>;
}

function createClosing(): Closing {
  const ends: (() => Promise<void>)[] = [];
  let closed: Promise<void> | null = null;
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  return {
    add: (end) => ends.push(end),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** What functions print goes to a file of its own, so that it does not drown what the stack says. */
function lambdaLog(data: DataDirectory, log: StackSettings['log'], closing: Closing): StackSettings['log'] {
  const file = data.file('lambda.log');
  if (file === null) return log;
  const stream = createWriteStream(file, { flags: 'a' });
  closing.add(() => new Promise((resolve) => stream.end(resolve)));
  return (line) => void stream.write(`${line}\n`);
}
