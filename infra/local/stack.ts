/** The whole stack on one machine: the parts that the cloud assembly asks for, wired together, started and stopped. */
import { createWriteStream } from 'node:fs';
import { readAssembly } from './assembly.ts';
import { createAuthorizer } from './authorizer.ts';
import { startAws } from './aws.ts';
import { createBus, type LocalBus } from './bus.ts';
import { type Clock, createClock } from './clock.ts';
import { type Closing, createClosing } from './closing.ts';
import { CONTROLS_PREFIX, createControls } from './controls.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createDoor, type Door } from './door.ts';
import { createTable, type Dynamo, startDynamo } from './dynamodb.ts';
import { type Expiry, startExpiry } from './expiry.ts';
import { createFaults, type Faults } from './faults.ts';
import { createForgetting, type Forgetting } from './forgetting.ts';
import { startGateway } from './gateway.ts';
import type { Invoke } from './invoke.ts';
import { type Lambdas, startLambdas } from './lambda.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { LocalModel } from './model.ts';
import { createS3, type LocalS3, S3_PREFIX } from './s3.ts';
import { type Schedules, startSchedules } from './schedules.ts';
import { createSecrets, type Reveal } from './secrets.ts';
import { settling } from './settling.ts';
import { createStateMachines, type StateMachines } from './state-machines.ts';
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

/** What every part stands on: the table, the clock and the records of what happens. */
interface Ground {
  settings: StackSettings;
  data: DataDirectory;
  closing: Closing;
  model: LocalModel;
  door: Door;
  s3: LocalS3;
  reveal: Reveal;
  dynamo: Dynamo;
  forgetting: Forgetting;
  streamArn: string;
  clock: Clock;
  metrics: Metrics;
  faults: Faults;
  queues: DeadLetters;
}

async function started(settings: StackSettings, data: DataDirectory, closing: Closing): Promise<Stack> {
  const ground = await prepared(settings, data, closing);
  const services = await startServices(ground);
  const feeds = await startFeeds(ground, services);
  return openDoors(ground, services, feeds);
}

/** The assembly is made while DynamoDB Local starts: both take seconds. */
async function prepared(settings: StackSettings, data: DataDirectory, closing: Closing): Promise<Ground> {
  const { assemblyDirectory, log, now } = settings;
  const forgetting = createForgetting({ data, log });
  const starting = startDynamo({ directory: data.file('dynamodb'), log }, forgetting.atRest);
  closing.add(() =>
    starting.then(
      (dynamo) => dynamo.stop().then(forgetting.atRest),
      () => {},
    ),
  );
  const door = await createDoor(settings.port);
  // After the functions, which reach files by it.
  closing.add(door.stop);
  const directory = typeof assemblyDirectory === 'string' ? assemblyDirectory : await assemblyDirectory();
  const model = readAssembly(directory);
  const dynamo = await starting;
  const { streamArn } = await createTable(dynamo.endpoint, model.table);
  forgetting.attach({ dynamo, mappingIds: model.streamMappings.map(({ logicalId }) => logicalId) });
  const clock = createClock({ file: data.file('clock.json'), start: now });
  const metrics = createMetrics({ clock });
  const faults = createFaults();
  const queues = createDeadLetters({ directory: data.file('dead-letters'), clock });
  const reveal = createSecrets(data.file('secrets.json'));
  const s3 = createS3({ buckets: model.buckets, directory: data.folder('s3'), clock, secret: reveal(ACCESS_KEY) });
  closing.add(s3.stop);
  return {
    ...{ settings, data, closing, model, door, s3, reveal, dynamo, forgetting, streamArn },
    ...{ clock, metrics, faults, queues },
  };
}

/** What functions sign their requests with: the same over restarts, so that links stay good. */
const ACCESS_KEY = '{{resolve:secretsmanager:arn:access-key:SecretString:::}}';

interface Services {
  lambdas: Lambdas;
  machines: StateMachines;
  bus: LocalBus;
  /** Told after each write to the table. */
  onWrite: (listener: () => void) => void;
}

/** The functions, and the services that they call. */
async function startServices(ground: Ground): Promise<Services> {
  const { settings, data, closing, model, door, reveal, dynamo, forgetting, clock, metrics, faults, queues } = ground;
  const { log } = settings;
  const { functions } = model;
  // Workflows and functions call each other: whoever comes first waits for the functions.
  const ready = Promise.withResolvers<Lambdas>();
  const invoke: Invoke = async (functionId, event) => (await ready.promise).invoke(functionId, event);
  const executions = data.file('executions.jsonl');
  const machines = createStateMachines({
    machines: model.stateMachines,
    functions,
    invoke,
    send: (url, body) => {
      const queue = [...model.queues.values()].find((one) => one.url === url);
      if (queue) queues.send(queue.arn, body);
      return queue !== undefined;
    },
    clock,
    file: executions,
    log,
  });
  const startExecution = machines.start;
  const bus = createBus({
    ...{ model: model.bus, invoke, startExecution, clock, heard: forgetting.heard },
    file: data.file('bus.jsonl'),
  });
  let told = () => {};
  const aws = await startAws({
    dynamoEndpoint: dynamo.endpoint,
    gate: dynamo.gate,
    table: model.table,
    metrics,
    bus,
    machines,
    faults,
    onWrite: () => told(),
  });
  closing.add(aws.stop);
  const endpoints = { ...aws.endpoints, s3: door.url + S3_PREFIX };
  const secretAccessKey = reveal(ACCESS_KEY);
  const lambdas = startLambdas({
    ...{ functions, endpoints, secretAccessKey, reveal },
    log: lambdaLog(data, log, closing),
  });
  closing.add(lambdas.stop);
  // Before the functions: a workflow must not take their end for a failure.
  closing.add(machines.stop);
  closing.add(bus.stop);
  ready.resolve(lambdas);
  const onWrite = (listener: () => void) => {
    told = listener;
  };
  return { lambdas, machines, bus, onWrite };
}

interface Feeds {
  schedules: Schedules;
  expiry: Expiry;
  settle: () => Promise<void>;
}

/** What invokes functions by itself: the table's stream, time to live, schedules. */
async function startFeeds(ground: Ground, { lambdas, machines, bus, onWrite }: Services): Promise<Feeds> {
  const { settings, data, closing, model, dynamo, forgetting, streamArn, clock, metrics, queues } = ground;
  const { log } = settings;
  const { invoke } = lambdas;
  const { endpoint, gate } = dynamo;
  const expiry = startExpiry({
    ...{ endpoint, gate, table: model.table, clock, log },
    file: data.file('expiry.jsonl'),
    settle: () => streams.idle(),
  });
  const streams = await startStreams({
    ...{ endpoint, gate, streamArn, invoke, clock, queues, log },
    eventSourceArn: model.table.streamArn,
    functionArn: (functionId) => model.functions.get(functionId)?.arn ?? functionId,
    mappings: model.streamMappings,
    positionsFile: data.file('streams.json'),
    observe: expiry.observe,
    hasExpired: expiry.hasExpired,
  });
  closing.add(streams.stop);
  closing.add(expiry.stop);
  const isOver = () => machines.list().every(({ status }) => status !== 'RUNNING');
  forgetting.attach({ erased: bus.erased, files: [bus, machines, expiry], isOver });
  onWrite(streams.nudge);
  const settle = settling([lambdas, streams, bus, machines], lambdas);
  const schedules = startSchedules({
    ...{ schedules: model.schedules, invoke, clock, queues, settle, writes: metrics.writes, log },
    stateFile: data.file('schedules.json'),
  });
  closing.add(schedules.stop);
  return { schedules, expiry, settle };
}

/** The HTTP API, with the controls beside it. */
async function openDoors(ground: Ground, { lambdas, machines, bus }: Services, feeds: Feeds): Promise<Stack> {
  const { settings, data, closing, model, door, s3, forgetting, clock, metrics, faults, queues } = ground;
  const { schedules, expiry } = feeds;
  const settle = () => feeds.settle().then(forgetting.now);
  const authorizer = await createAuthorizer({ jwt: model.api.jwt, keyFile: data.file('signing-key.json') });
  const serve = createControls({
    token: authorizer.token,
    now: clock.now,
    advanceTo: async (instant) => {
      await schedules.advanceTo(instant);
      await expiry.sweep();
      s3.sweep();
    },
    jobs: schedules.list,
    runJob: (name) => (model.schedules.some((row) => row.name === name) ? schedules.run(name) : null),
    settle,
    busSince: bus.since,
    executions: machines.list,
    metrics,
    faults,
    deadLetters: queues.list,
  });
  const gateway = startGateway({
    ...{ door, api: model.api, authorizer, invoke: lambdas.invoke, nowMs: clock.nowMs, log: settings.log },
    own: [
      { prefix: CONTROLS_PREFIX, serve },
      { prefix: S3_PREFIX, serve: s3.serve, isForFunctions: true },
    ],
  });
  closing.add(gateway.close);
  return { url: door.url, model, token: authorizer.token, settle, stop: closing.close };
}

/** What functions print goes to a file of its own, so that it does not drown what the stack says. */
function lambdaLog(data: DataDirectory, log: StackSettings['log'], closing: Closing): StackSettings['log'] {
  const file = data.file('lambda.log');
  if (file === null) return log;
  const stream = createWriteStream(file, { flags: 'a' });
  closing.add(() => new Promise((resolve) => stream.end(resolve)));
  return (line) => void stream.write(`${line}\n`);
}
