/** The parts that all others need: data folder, table, clock, metrics and dead letters. */
import { readAssembly } from '../assembly/assembly.ts';
import type { LocalModel } from '../assembly/model.ts';
import { type Application, plainApplication } from '../base/application.ts';
import { type Clock, createClock } from '../base/clock.ts';
import type { Closing } from '../base/closing.ts';
import type { DataDirectory } from '../base/data-directory.ts';
import { createDeadLetters, type DeadLetters } from '../base/dead-letters.ts';
import { Redaction } from '../base/redaction.ts';
import { createSecrets, type Reveal } from '../base/secrets.ts';
import { createTable, type Dynamo, startDynamo } from '../dynamodb/dynamodb.ts';
import { createFaults, type Faults } from '../dynamodb/faults.ts';
import { createMetrics, type Metrics } from '../dynamodb/metrics.ts';
import { createForgetting, type Forgetting } from '../erasure/forgetting.ts';
import { createDoor, type Door } from '../http/door.ts';
import { createS3, type LocalS3 } from '../s3/s3.ts';

export interface StackSettings {
  /** Facts about the application that the assembly does not contain. By default there are none. */
  application?: Application;
  /** A `cdk.out`, or how to make one: asked for once the data folder is ours alone. */
  assemblyDirectory: string | (() => Promise<string>);
  /** The folder that keeps everything between runs. Null keeps it in memory. */
  dataDirectory: string | null;
  /** 0 takes a free one. */
  port: number;
  /** The instant at which the clock starts, or to which it is put forward; the machine's own unless said. */
  now?: string;
  log: (line: string) => void;
}

export interface Ground {
  settings: StackSettings;
  application: Application;
  redaction: Redaction;
  data: DataDirectory;
  closing: Closing;
  model: LocalModel;
  door: Door;
  s3: LocalS3;
  reveal: Reveal;
  /** Key with which functions sign requests. It survives restarts, so that links stay valid. */
  accessKey: string;
  dynamo: Dynamo;
  forgetting: Forgetting;
  streamArn: string;
  clock: Clock;
  metrics: Metrics;
  faults: Faults;
  queues: DeadLetters;
}

/** The assembly is made while DynamoDB Local starts: both take seconds. */
export async function prepareGround(settings: StackSettings, data: DataDirectory, closing: Closing): Promise<Ground> {
  const { assemblyDirectory, log, now, application = plainApplication } = settings;
  const redaction = new Redaction(application.erasure);
  const forgetting = createForgetting({ data, redaction, log });
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
  const accessKey = reveal(ACCESS_KEY);
  const s3 = createS3({ buckets: model.buckets, directory: data.folder('s3'), clock, secret: accessKey });
  closing.add(s3.stop);
  return {
    ...{
      settings,
      application,
      redaction,
      data,
      closing,
      model,
      door,
      s3,
      reveal,
      accessKey,
      dynamo,
      forgetting,
      streamArn,
    },
    ...{ clock, metrics, faults, queues },
  };
}

const ACCESS_KEY = '{{resolve:secretsmanager:arn:access-key:SecretString:::}}';
