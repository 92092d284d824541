/**
 * Which of the changes that came together made an answer flip: the stream brings several at once, and what is read of the
 * consumer may be younger than all of them. Decides from what was read and brought.
 */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import { evaluate } from '../../../domain/segments/evaluator.ts';
import { HEAD, type StoredRecord } from '../../ports/records.ts';
import type { ConsumerState } from '../../ports/store.ts';
import { asOf, type CompiledSegments, pictureFor, type VersionInEvaluator } from './compiled.ts';
import { type Cause, type Flip, holds } from './state.ts';

/** One change of a consumer's facts, as the stream brings it. */
export interface Step {
  /** When it was written. */
  at: Instant;
  cause: Cause;
  /** The event that was recorded by it, where that was one alone. */
  eventId: string | undefined;
  before: StoredRecord | undefined;
  after: StoredRecord | undefined;
}
export type By = Pick<Flip, 'at' | 'cause' | 'eventId'>;
type Head = Partial<ConsumerState>;

/**
 * Asks of each rule which change made it hold, or hold no more; undefined where none of these did. Evaluates only once it
 * is asked.
 */
export const originsOf = (
  picture: ConsumerState,
  compiledSegments: CompiledSegments,
  steps: readonly Step[],
): ((ruleVersion: VersionInEvaluator, isIn: boolean) => By | undefined) => {
  let told: readonly Told[] | undefined;
  return (ruleVersion, isIn) => {
    told ??= toldBy(picture, compiledSegments, steps);
    let origin: Told | undefined;
    let was = !isIn;
    for (const one of told) {
      const is = one.isIn(ruleVersion);
      if (was !== isIn && is === isIn) origin = one;
      was = is;
    }
    return was === isIn ? origin?.by : undefined;
  };
};

interface Told {
  by: By | undefined;
  isIn(ruleVersion: VersionInEvaluator): boolean;
}

/** What the rules say before the first of these changes, and after each. */
const toldBy = (picture: ConsumerState, compiledSegments: CompiledSegments, steps: readonly Step[]): Told[] => {
  const { evaluator, context, scoring } = compiledSegments;
  const told = (head: Head, step?: Step): Told => {
    const { profile, metrics } = head;
    const isThere = profile !== undefined && metrics !== undefined && !profile.archived;
    const by = step && byOf(step, steps);
    if (!isThere) return { by, isIn: () => false };
    const then = { ...picture, ...head };
    const at = asOf(then, (step ?? steps[0])?.at ?? profile.createdAt);
    const evaluated = evaluate(evaluator, pictureFor(then), context, at);
    return { by, isIn: (ruleVersion) => holds(evaluated, ruleVersion) };
  };
  const heads = headsOf(picture, steps);
  const isByTheseRules = heads.every(({ metrics }) => !metrics || metrics.scoringVersion === scoring.version);
  return isByTheseRules ? heads.map((head, nth) => told(head, steps[nth - 1])) : [];
};

/** What an event earned is written with it, and says the same instant. */
const byOf = (step: Step, steps: readonly Step[]): By => {
  const { at, cause } = step;
  const recording = step.eventId === undefined ? steps.find((one) => one.at === at && one.eventId) : step;
  return { at: takesEffectAt(step), cause, eventId: cause === 'change' ? recording?.eventId : undefined };
};

/** When it was written; of an event by a clock that is ahead of ours, when it happened. */
const takesEffectAt = ({ at, after }: Step): Instant => {
  if (after?.kind !== 'metrics') return at;
  const newest = [after.lastOrderAt, after.lastEngagedAt, after.lastEventAt];
  return newest.reduce<Instant>((latest, one) => laterOf(latest, one) ?? latest, at);
};

/** The consumer's head before the first step and after each: what none of them is about is as it was read. */
const headsOf = (picture: ConsumerState, steps: readonly Step[]): Head[] => {
  const undone = (head: Head, { before, after }: Step) => withPart(head, after?.kind, before);
  const heads = [steps.reduceRight<Head>(undone, picture)];
  for (const { after } of steps) heads.push(withPart(heads.at(-1) ?? picture, after?.kind, after));
  return heads;
};

const withPart = (head: Head, kind: string | undefined, record: StoredRecord | undefined): Head => {
  const part = HEAD.find((part) => part === kind);
  return part === undefined ? head : { ...head, [part]: record };
};
