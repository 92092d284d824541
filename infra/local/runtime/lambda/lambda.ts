/**
 * Runs the deployed bundles as Lambda does: one event at a time per environment, more environments on demand, the memory
 * and time limits of the template, and an end for environments without work.
 */
import type { FunctionModel } from '../assembly/model.ts';
import { STOP_GRACE_MS, withinGrace } from '../base/grace.ts';
import type { Invoke } from '../base/invoke.ts';
import type { Reveal } from '../base/secrets.ts';
import { Environment } from './environment.ts';
import { EnvironmentLimit } from './environment-limit.ts';
import { Pool } from './pool.ts';

export interface LambdaSettings {
  functions: Map<string, FunctionModel>;
  /** Endpoints for the functions' AWS clients: `AWS_ENDPOINT_URL_…` by service. */
  endpoints: { dynamodb: string; eventbridge: string; sfn: string; s3?: string };
  /** Key with which the functions sign their requests. */
  secretAccessKey?: string;
  /** Replaces references to secrets in environment variables. */
  reveal?: Reveal;
  /** Environments per function at most. Further invocations wait. */
  concurrency?: number;
  /** Environments of all functions together at most. A function's first one is always granted. */
  environmentsMax?: number;
  /** Real time after which an environment without work ends. */
  idleMs?: number;
  /** How long `stop` lets running invocations finish. */
  graceMs?: number;
  log: (line: string) => void;
}

const CONCURRENCY = 6;
/** An environment holds 20 to 40 MB, and all share the machine's cores: more of them cost memory and gain little. */
const ENVIRONMENTS_MAX = 20;
const IDLE_MS = 30_000;

export class Lambdas {
  readonly #pools: Map<string, Pool>;
  readonly #running = new Set<Promise<unknown>>();
  readonly #graceMs: number;
  #invocations = 0;

  constructor(settings: LambdaSettings) {
    const { functions, concurrency = CONCURRENCY, environmentsMax = ENVIRONMENTS_MAX, idleMs = IDLE_MS } = settings;
    const limit = new EnvironmentLimit(environmentsMax);
    this.#graceMs = settings.graceMs ?? STOP_GRACE_MS;
    this.#pools = new Map(
      [...functions].map(([id, model]) => {
        const variables = environmentVariables(model, settings);
        const start = () => new Environment(model, variables, settings.log);
        return [id, new Pool({ start, concurrency, idleMs, limit })];
      }),
    );
  }

  /** Rejects with `LambdaFailure` where the function fails, and with `Stopped` where the stack stops first. */
  readonly invoke: Invoke = (functionId, event, onStart) => {
    const pool = this.#pools.get(functionId);
    if (!pool) return Promise.reject(new Error(`there is no function ${functionId}`));
    this.#invocations += 1;
    const result = pool.run(event, onStart).finally(() => this.#running.delete(result));
    this.#running.add(result);
    return result;
  };

  /** Number of invocations since the start. */
  invocations(): number {
    return this.#invocations;
  }

  /** Resolves when every invocation that began before the call has ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }

  /**
   * Refuses new and waiting invocations with `Stopped`, lets running ones finish for a few seconds, then ends all
   * environments. An invocation that is still running by then is rejected with `Stopped`.
   */
  async stop(): Promise<void> {
    const pools = [...this.#pools.values()];
    for (const pool of pools) pool.refuse();
    await withinGrace(this.idle(), this.#graceMs);
    await Promise.all(pools.map((pool) => pool.end()));
    await this.idle();
  }
}

function environmentVariables(
  model: FunctionModel,
  { endpoints, secretAccessKey = 'local', reveal = (text) => text }: LambdaSettings,
): Record<string, string> {
  const region = model.arn.split(':')[3] ?? '';
  return {
    ...Object.fromEntries(Object.entries(model.environment).map(([name, value]) => [name, reveal(value)])),
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: model.arn.split(':').at(-1) ?? model.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: model.codeDirectory,
    _HANDLER: model.handler,
    // The DynamoDB proxy reads from the access key id which function calls.
    AWS_ACCESS_KEY_ID: model.name,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.eventbridge,
    AWS_ENDPOINT_URL_SFN: endpoints.sfn,
    ...(endpoints.s3 !== undefined && { AWS_ENDPOINT_URL_S3: endpoints.s3 }),
  };
}
