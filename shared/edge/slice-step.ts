/** A workflow step that goes over everyone: on with a slice, until it is done. Its answer is the input of the next one. */
import * as z from 'zod/mini';
import type { Instant } from '../domain/facts.ts';
import { instant } from './parameters.ts';
import { step } from './step.ts';

/**
 * Eight at once, they are done within the time that a function has even where each takes half a second. A workflow may
 * remember 25,000 happenings, seven for each step: enough for 35 million consumers.
 */
const CONSUMERS_A_STEP = 10_000;

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
  /** The consumer to go on after; absent where the slice has not begun. */
  cursor?: string | undefined;
}
interface Counted {
  consumers: number;
  differed: number;
}
interface Asked {
  /** The instant that the workflow is for. */
  now: Instant;
  most: number;
  /** Even those about whom nothing seems to have changed. */
  always: boolean;
  /** The version of the scoring rules that the workflow was started for; absent where it is for none of them. */
  rules?: number | undefined;
}

/** `work` goes on with a slice; what it counts is added to what was counted before. */
export const sliceStep = <D extends Counted>(name: string, work: (progress: Progress, asked: Asked) => Promise<D>) =>
  step(name, input, async ({ now, always, rules, consumers, differed, ...progress }) => {
    const done = await work(progress, { now, most: CONSUMERS_A_STEP, always, rules });
    const asked = { now, always, ...(rules !== undefined && { rules }) };
    return { ...done, ...asked, consumers: consumers + done.consumers, differed: differed + done.differed };
  });
