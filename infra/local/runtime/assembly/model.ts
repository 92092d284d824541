/**
 * The deployment as the local stack knows it, read from the synthesized cloud assembly alone.
 * `assembly.ts` makes this model; every part of the stack is started from its own section.
 */

export interface LocalModel {
  functions: Map<string, FunctionModel>;
  table: TableModel;
  api: ApiModel;
  schedules: ScheduleModel[];
  streamMappings: StreamMappingModel[];
  bus: BusModel;
  stateMachines: Map<string, StateMachineModel>;
  buckets: BucketModel[];
  /** Dead letter queues by logical id. */
  queues: Map<string, { logicalId: string; name: string; arn: string; url: string }>;
}

/** A Lambda function; `logicalId` names it everywhere in the model. */
export interface FunctionModel {
  logicalId: string;
  /** Short name for people and metrics: the capability (`consumers`), from the function's `capability` tag. */
  name: string;
  arn: string;
  /** Folder of the bundled code in the assembly, and `index.handler`. */
  codeDirectory: string;
  handler: string;
  environment: Record<string, string>;
  memoryMb: number;
  timeoutSeconds: number;
}

export interface TableModel {
  logicalId: string;
  name: string;
  arn: string;
  streamArn: string;
  /** The `CreateTable` input that the template describes (keys, attribute definitions, indexes, stream view type). */
  create: Record<string, unknown>;
  ttlAttribute: string | null;
}

export interface BucketModel {
  name: string;
  /** Days after which objects, and unfinished uploads, expire. Null: never. */
  objectDays: number | null;
  uploadDays: number | null;
}

export interface ApiModel {
  apiId: string;
  routes: RouteModel[];
  /** Issuer and audience that the JWT authorizer accepts. Null where no route has an authorizer. */
  jwt: { issuer: string; audience: string[] } | null;
  cors: {
    allowOrigins: string[];
    allowMethods: string[];
    allowHeaders: string[];
    exposeHeaders: string[];
    allowCredentials: boolean;
    maxAgeSeconds: number;
  } | null;
  stageVariables: Record<string, string>;
}

export interface RouteModel {
  /** The template's route key: `GET /v1/consumers/{consumerId}`. */
  routeKey: string;
  functionId: string;
  authorizer: 'none' | 'jwt';
  /** A token must carry one of these; empty admits every valid token. */
  scopes: string[];
  /** How long the gateway waits for the function. */
  timeoutMs: number;
}

export interface ScheduleModel {
  logicalId: string;
  /** The job's name (`insights-rebuild`). */
  name: string;
  /** `rate(…)` or `cron(…)`. */
  expression: string;
  timezone: string;
  functionId: string;
  /** Input text as in the template; `<aws.scheduler.scheduled-time>` is filled in at each run. */
  input: string;
  maximumRetries: number;
  deadLetterQueueArn: string | null;
}

export interface StreamMappingModel {
  logicalId: string;
  functionId: string;
  batchSize: number;
  batchWindowSeconds: number;
  maximumRetries: number;
  bisectOnError: boolean;
  reportBatchItemFailures: boolean;
  /** Filter patterns, any of which admits a record; empty admits all. */
  filters: Record<string, unknown>[];
  onFailureQueueArn: string | null;
}

export interface BusModel {
  name: string;
  arn: string;
  rules: {
    logicalId: string;
    eventPattern: Record<string, unknown>;
    targets: { functionId: string | null; stateMachineId: string | null }[];
  }[];
}

export interface StateMachineModel {
  logicalId: string;
  name: string;
  arn: string;
  /** Amazon States Language with every reference resolved. */
  definition: Record<string, unknown>;
}
