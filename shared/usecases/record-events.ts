/**
 * Recording what a consumer did: one read and one transaction, for one event or several.
 *
 * The first attempt reads what may be a moment old, which costs half; before anything is refused because of it, and
 * wherever others were writing, it is decided again on a fresh read. Ids are made once for all attempts, so that one
 * which took effect unnoticed is found by the next and never repeated.
 */
import type { Instant } from '../domain/facts.ts';
import type { TimezoneAt } from '../domain/metrics/scoring.ts';
import { Refusal } from '../domain/refusal.ts';
import { Draft, distinct } from './draft.ts';
import { foldedWith, metricsWith } from './fold-again.ts';
import type { Commit, Deps, RecordOf, Store, Write } from './ports.ts';
import type { Accepted, Decision, EventInput, Identified, Outcome } from './recording.ts';
import { decided, keysOf, ownKeysOf } from './recording.ts';
import { retrying } from './retrying.ts';
import type { Scoring } from './scoring.ts';
import { scoringOf } from './scoring.ts';

export interface Recording {
  consumerId: string;
  now: Instant;
  /** Commits the writes together with what became of the events; the store's own commit unless given. */
  commit?: (writes: Write[], outcomes: Outcome[]) => Promise<unknown>;
}
/** Without `timezoneAt`, visits keep only the timezone that they name. */
export type RecordingDeps = Deps & { timezoneAt?: TimezoneAt };

/** So many events fit one transaction: up to four writes each, the metrics, an answer; together below 4 MB. */
const MOST_AT_ONCE = 24;

/**
 * Records events of one consumer in their order, each once by its natural ids; what became of each comes back in the
 * same order. All are refused where there is no such consumer, or where others never stop writing to it.
 */
export const recordEvents = async (
  deps: RecordingDeps,
  recording: Recording,
  inputs: readonly EventInput[],
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < inputs.length; start += MOST_AT_ONCE) {
    outcomes.push(...(await outcomesOf(deps, recording, inputs.slice(start, start + MOST_AT_ONCE))));
  }
  return outcomes;
};

const outcomesOf = async (deps: RecordingDeps, recording: Recording, inputs: EventInput[]): Promise<Outcome[]> => {
  try {
    return await recordAtOnce(deps, recording, inputs);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    return inputs.map(() => ({ status: 'rejected', refusal }));
  }
};

/** Records one event of a consumer. Throws what refuses it. */
export const recordEvent = async (
  deps: RecordingDeps,
  { consumerId, now, commit }: { consumerId: string; now: Instant; commit: Commit },
  input: EventInput,
): Promise<Accepted> => {
  const commitOne = (writes: Write[], outcomes: Outcome[]) => commit(writes, acceptedIn(outcomes));
  return acceptedIn(await recordEvents(deps, { consumerId, now, commit: commitOne }, [input]));
};

const acceptedIn = ([outcome]: Outcome[]): Accepted => {
  if (outcome === undefined) throw new TypeError('an event without an outcome');
  if (outcome.status === 'rejected') throw outcome.refusal;
  return outcome;
};

const recordAtOnce = (deps: RecordingDeps, recording: Recording, inputs: EventInput[]): Promise<Outcome[]> => {
  const identified = inputs.map((input) => ({ ...input, keptAs: input.eventId ?? deps.newId(recording.now) }));
  return retrying(deps, async (retry) => {
    const hasty = retry === 0 ? await attempted(deps, recording, identified, HASTY) : null;
    const attempt =
      hasty && isSettled(hasty) ? hasty : await attempted(deps, recording, identified, { fresh: true, own: retry > 0 });
    if (attempt === null) throw new Refusal('consumer_not_found', 'There is no consumer with this id.');
    const { outcomes, events } = attempt.decision;
    if (events.length > 0) {
      await (recording.commit ?? deps.store.commit)(await writesOf(deps.store, recording, attempt), outcomes);
    }
    return outcomes;
  });
};

/** What an attempt reads: as of now, and what an earlier attempt of the same request may have written. */
interface Reading {
  fresh: boolean;
  own: boolean;
}
const HASTY: Reading = { fresh: false, own: false };

interface Attempt {
  record: RecordOf<'metrics'>;
  scoring: Scoring;
  draft: Draft;
  decision: Decision;
}

/** Null where there is no such consumer. */
const attempted = async (
  deps: RecordingDeps,
  { consumerId, now }: Recording,
  inputs: Identified[],
  { fresh, own }: Reading,
): Promise<Attempt | null> => {
  const keys = distinct(
    inputs.flatMap((input) => [...keysOf(consumerId, input), ...(own ? ownKeysOf(consumerId, input, now) : [])]),
  );
  const [record, settings, ...subjects] = await deps.store.get(
    [{ kind: 'metrics', consumerId } as const, { kind: 'settings' } as const, ...keys],
    fresh,
  );
  if (record === undefined) return null;
  const draft = new Draft(subjects);
  const scoring = scoringOf(settings);
  const tools = { now, timezoneAt: deps.timezoneAt ?? (() => null) };
  return { record, scoring, draft, decision: decided({ consumerId, metrics: record, draft, scoring }, inputs, tools) };
};

/** Whether a decision may stand that was made on a read which may have been a moment old. */
const isSettled = (attempt: Attempt): boolean =>
  !needsHistory(attempt) && attempt.decision.outcomes.every(({ status }) => status !== 'rejected');

const needsHistory = ({ record, scoring, decision }: Attempt): boolean =>
  decision.incomplete || record.scoringVersion !== scoring.version;

const writesOf = async (store: Store, { consumerId, now }: Recording, attempt: Attempt): Promise<Write[]> => {
  const { record, scoring, draft, decision } = attempt;
  const sums = needsHistory(attempt) ? await foldedWith(store, consumerId, decision.events, scoring) : decision.metrics;
  return [
    ...decision.events.map((put): Write => ({ put, expect: 'absent' })),
    ...draft.writes(),
    { put: metricsWith(record, sums, scoring, now), expect: { version: record.version } },
  ];
};
