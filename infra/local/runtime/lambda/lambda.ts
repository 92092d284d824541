/**
 * Runs the deployed bundles as Lambda would: one event at a time per environment, more environments on demand, the
 * memory and time limits of the template.
 */

import type { FunctionModel } from '../assembly/model.ts';
import type { Invoke } from '../base/invoke.ts';
import type { Reveal } from '../base/secrets.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

export interface Lambdas {
  invoke: Invoke;
  /** How many invocations have begun since the start. */
  begun(): number;
  /** Resolves when everything that was begun before the call has ended. */
  idle(): Promise<void>;
  /** Lets what runs finish, then ends the environments. */
  stop(): Promise<void>;
}

export interface LambdaSettings {
  functions: Map<string, FunctionModel>;
  /** Where the functions' AWS clients find their services: `AWS_ENDPOINT_URL_…` by service. */
  endpoints: { dynamodb: string; eventbridge: string; sfn: string; s3?: string };
  /** What their requests are signed with. */
  secretAccessKey?: string;
  /** Puts secrets where the environment refers to them. */
  reveal?: Reveal;
  /** Environments per function at most; more invocations than that wait their turn. */
  concurrency?: number;
  log: (line: string) => void;
}

type Means = Pick<LambdaSettings, 'endpoints' | 'secretAccessKey' | 'reveal'>;

export function startLambdas(settings: LambdaSettings): Lambdas {
  const { functions, concurrency = 6, log } = settings;
  const pools = new Map([...functions].map(([id, model]) => [id, createPool(model, settings, concurrency, log)]));
  const running = new Set<Promise<unknown>>();
  let begun = 0;
  const invoke: Invoke = (functionId, event) => {
    const pool = pools.get(functionId);
    if (!pool) return Promise.reject(new Error(`there is no function ${functionId}`));
    begun += 1;
    const answered = pool.run(event).finally(() => running.delete(answered));
    running.add(answered);
    return answered;
  };
  const idle = async () => {
    await Promise.allSettled([...running]);
  };
  return {
    invoke,
    begun: () => begun,
    idle,
    stop: async () => {
      while (running.size > 0) await idle();
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}

interface Pool {
  run(event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

function createPool(model: FunctionModel, means: Means, concurrency: number, log: (line: string) => void): Pool {
  const open = new Set<Sandbox>();
  const free: Sandbox[] = [];
  const queue: ((sandbox: Sandbox) => void)[] = [];
  const environment = environmentOf(model, means);

  const opened = () => {
    const sandbox = openSandbox(model, environment, log);
    open.add(sandbox);
    return sandbox;
  };
  const acquired = (): Promise<Sandbox> | Sandbox => {
    const sandbox = free.pop();
    if (sandbox) return sandbox;
    return open.size < concurrency ? opened() : new Promise((resolve) => queue.push(resolve));
  };
  const released = (sandbox: Sandbox) => {
    if (!sandbox.usable()) open.delete(sandbox);
    const next = queue.shift();
    if (next) next(sandbox.usable() ? sandbox : opened());
    else if (sandbox.usable()) free.push(sandbox);
  };
  return {
    run: async (event) => {
      let sandbox = await acquired();
      if (!sandbox.usable()) {
        // It died while it had nothing to do.
        open.delete(sandbox);
        sandbox = opened();
      }
      try {
        return await sandbox.run(event);
      } finally {
        released(sandbox);
      }
    },
    stop: async () => {
      await Promise.all([...open].map((sandbox) => sandbox.end()));
    },
  };
}

function environmentOf(
  model: FunctionModel,
  { endpoints, secretAccessKey = 'local', reveal = (text) => text }: Means,
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
    // The facade in front of DynamoDB and the other services knows by this id which function calls.
    AWS_ACCESS_KEY_ID: model.name,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.eventbridge,
    AWS_ENDPOINT_URL_SFN: endpoints.sfn,
    ...(endpoints.s3 !== undefined && { AWS_ENDPOINT_URL_S3: endpoints.s3 }),
  };
}
