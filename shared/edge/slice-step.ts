/** A workflow step that processes part of a slice of the population. Its output is the input of the next run, until the slice is done. */
import * as z from 'zod/mini';
import type { Instant } from '../domain/facts.ts';
import { instant } from './parameters.ts';
import { step } from './step.ts';

/**
 * Eight in parallel finish within a function's timeout even at half a second each. A workflow's history is limited to
 * 25,000 events, and a step takes seven: enough for 35 million consumers.
 */
const CONSUMERS_PER_STEP = 10_000;

const input = z.object({
  slice: z.int(),
  cursor: z.optional(z.string()),
  now: instant,
  always: z.boolean(),
  rules: z.optional(z.int()),
  consumers: z.int(),
  differed: z.int(),
});

interface Progress {
  slice: number;
  /** The last consumer processed; absent at the start of the slice. */
  cursor?: string | undefined;
}
interface Counts {
  consumers: number;
  differed: number;
}
interface SliceOptions {
  /** The instant that the workflow works with. */
  now: Instant;
  most: number;
  /** Whether to process consumers even if nothing seems to have changed for them. */
  always: boolean;
  /** The version of the scoring rules that the workflow was started for, if it was started for one. */
  rules?: number | undefined;
}

/** `work` continues a slice. Its counts are added to those of earlier steps. */
export const sliceStep = <D extends Counts>(
  name: string,
  work: (progress: Progress, options: SliceOptions) => Promise<D>,
) =>
  step(name, input, async ({ now, always, rules, consumers, differed, ...progress }) => {
    const done = await work(progress, { now, most: CONSUMERS_PER_STEP, always, rules });
    const options = { now, always, ...(rules !== undefined && { rules }) };
    return { ...done, ...options, consumers: consumers + done.consumers, differed: differed + done.differed };
  });
