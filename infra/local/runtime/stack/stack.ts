/** The whole stack on one machine: the parts that the cloud assembly asks for, wired together, started and stopped. */

import type { LocalModel } from '../assembly/model.ts';
import { Closing } from '../base/closing.ts';
import { type DataDirectory, openDataDirectory } from '../base/data-directory.ts';
import { type Expiry, startExpiry } from '../dynamodb/expiry.ts';
import { createAuthorizer } from '../http/authorizer.ts';
import { startGateway } from '../http/gateway.ts';
import { S3_PREFIX } from '../s3/s3.ts';
import { type Schedules, startSchedules } from '../scheduler/schedules.ts';
import { startStreams } from '../streams/streams.ts';
import { CONTROLS_PREFIX, createControls } from './controls.ts';
import { type Ground, prepareGround, type StackSettings } from './ground.ts';
import { type Services, startServices } from './services.ts';
import { settling } from './settling.ts';

export interface Stack {
  url: string;
  model: LocalModel;
  /** A token with these scopes, by their full names. */
  token(scopes: string[], expiresInSeconds: number): Promise<string>;
  /** Resolves when streams, bus, workflows and functions have nothing left to do. */
  settle(): Promise<void>;
  /** Gives running work a few seconds to finish, then ends everything. Nothing that was acknowledged is lost. */
  stop(): Promise<void>;
}

/** Refuses a data folder that another stack uses, a port in use, and an assembly that it does not fully know. */
export async function startStack(settings: StackSettings): Promise<Stack> {
  const data = openDataDirectory(settings.dataDirectory);
  const closing = new Closing();
  closing.add(async () => data.release());
  try {
    return await started(settings, data, closing);
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function started(settings: StackSettings, data: DataDirectory, closing: Closing): Promise<Stack> {
  const ground = await prepareGround(settings, data, closing);
  const services = await startServices(ground);
  const feeds = await startFeeds(ground, services);
  return openDoors(ground, services, feeds);
}

interface Feeds {
  schedules: Schedules;
  expiry: Expiry;
  settle: () => Promise<void>;
}

/** Parts that invoke functions without a request: the table's stream, time to live, schedules. */
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
  closing.addWork(() => streams.stop());
  closing.add(expiry.stop);
  const isOver = () => machines.list().every(({ status }) => status !== 'RUNNING');
  forgetting.attach({ erased: () => bus.erased(), files: [bus, machines, expiry], isOver });
  onWrite(() => streams.nudge());
  const settle = settling([lambdas, streams, bus, machines], lambdas);
  const schedules = startSchedules({
    ...{ schedules: model.schedules, invoke, clock, queues, settle, writes: metrics.writes, log },
    stateFile: data.file('schedules.json'),
  });
  closing.addWork(schedules.stop);
  return { schedules, expiry, settle };
}

/** The HTTP API, with the controls beside it. */
async function openDoors(ground: Ground, { lambdas, machines, bus }: Services, feeds: Feeds): Promise<Stack> {
  const { settings, application, data, closing, model, door, s3, forgetting, clock, metrics, faults, queues } = ground;
  const { schedules, expiry } = feeds;
  const settle = () => feeds.settle().then(forgetting.now);
  const authorizer = await createAuthorizer({
    jwt: model.api.jwt,
    keyFile: data.file('signing-key.json'),
    subjectOf: application.subjectOf,
  });
  const serve = createControls({
    application,
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
    busSince: (instant) => bus.since(instant),
    executions: () => machines.list(),
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
  closing.addWork(gateway.close);
  return { url: door.url, model, token: authorizer.token, settle, stop: closing.close };
}
