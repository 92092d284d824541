/** Lets chosen calls of a function to DynamoDB fail, so that anyone can see what comes of it. */
import { AwsError } from '../base/aws-error.ts';
import { isRead } from './capacity.ts';

/**
 * After `skip` more requests of the function the next one fails, and its repetitions do, `count` times in all: they are
 * `refused`, or carried out with the `answer_lost`. Reads are let pass and not counted where answers get lost: theirs are
 * the same as refused. The AWS SDK retries: a call fails for good where all of its attempts do.
 */
export interface FaultPlan {
  function: string;
  skip: number;
  count: number;
  how: (typeof HOW)[number];
}
export const HOW = ['refused', 'answer_lost'] as const;

export interface Faults {
  /** In place of the plan before. */
  plan(plan: FaultPlan): void;
  clear(): void;
  /** With how many requests passed and failed since it was made; null where nothing is to fail. */
  snapshot(): (FaultPlan & { passed: number; failed: number }) | null;
  /** Makes the function's request, unless it is to fail: then it throws what DynamoDB would answer. */
  meet<T>(met: Met, request: () => Promise<T>): Promise<T>;
}

/** A request of a function to DynamoDB. */
export interface Met {
  function: string;
  operation: string;
  body: Buffer;
}

export function createFaults(): Faults {
  let current: ReturnType<Faults['snapshot']> = null;
  /** The request that was chosen to fail. Other requests made meanwhile pass. */
  let chosen: Buffer | null = null;
  const plan = (next: typeof current) => {
    [current, chosen] = [next, null];
  };
  return {
    plan: (next) => plan({ ...next, passed: 0, failed: 0 }),
    clear: () => plan(null),
    snapshot: () => current && { ...current },
    meet: async ({ function: name, operation, body }, request) => {
      if (current?.function !== name) return request();
      if (current.how === 'answer_lost' && isRead(operation)) return request();
      if (current.passed >= current.skip) chosen ??= body;
      if (current.failed >= current.count || !chosen?.equals(body)) {
        current.passed += 1;
        return request();
      }
      current.failed += 1;
      if (current.how === 'answer_lost') await request();
      throw new AwsError('InternalServerError', 'the local stack was asked to let this fail', 500);
    },
  };
}
