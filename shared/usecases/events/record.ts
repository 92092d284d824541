/**
 * Recording what a consumer did: one read and one transaction, for one event or several.
 *
 * The first attempt reads what may be a moment old, which costs half, unless segments or lists decide what is earned: no
 * version of theirs is checked. Before anything is refused because of it, and wherever others were writing, it is decided
 * again on a fresh read. Ids are made once for all attempts, so that one which took effect unnoticed is found by the next
 * and never repeated.
 */
import type { Instant } from '../../domain/facts.ts';
import type { TimezoneAt } from '../../domain/metrics/scoring.ts';
import { NO_MEMBERSHIPS } from '../../domain/points/audience.ts';
import { markFrom } from '../../domain/points/ids.ts';
import { type PostingContext, SYSTEM } from '../../domain/points/posting.ts';
import { Refusal } from '../../domain/refusal.ts';
import { absenceOf } from '../common/absence.ts';
import { retrying } from '../common/retrying.ts';
import { withReturn } from '../insights/archiving.ts';
import { foldedWith, metricsWith } from '../insights/rebuild-metrics.ts';
import { catalogueOf, membershipsOf } from '../organization/catalogue.ts';
import type { Scoring } from '../organization/scoring.ts';
import { scoringOf } from '../organization/scoring.ts';
import { openAccount, upToDate } from '../points/accounts.ts';
import { bookTimeOf } from '../points/book-time.ts';
import { Earnings, FIRST_GUESS, type Interest, interestIn, NO_EARNINGS } from '../points/earnings.ts';
import { ladderIn } from '../points/ledger-session.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordKey, RecordOf, StoredRecord } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { Draft, distinct } from './draft.ts';
import type { Accepted, Decision, EventInput, Identified, Outcome } from './recording.ts';
import { decided, keysOf, ownKeysOf } from './recording.ts';

export interface Recording {
  consumerId: string;
  now: Instant;
  /** Commits the writes together with what became of the events; the store's own commit unless given. */
  commit?: (writes: Write[], outcomes: Outcome[]) => Promise<unknown>;
}
/** Without `timezoneAt`, visits keep only the timezone that they name. */
export type RecordingDeps = Deps & { timezoneAt?: TimezoneAt };

/** So many events are decided at once: most of them in one transaction, together below 4 MB. */
const MOST_AT_ONCE = 24;
/** Of one transaction, less room for an answer. */
const MOST_WRITES = 98;

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
    return await recordTogether(deps, recording, inputs);
  } catch (error) {
    if (error instanceof TooManyWrites && inputs.length > 1) {
      const half = Math.ceil(inputs.length / 2);
      const first = await outcomesOf(deps, recording, inputs.slice(0, half));
      return [...first, ...(await outcomesOf(deps, recording, inputs.slice(half)))];
    }
    if (!(error instanceof Refusal)) throw error;
    return inputs.map(() => ({ status: 'rejected', refusal: error }));
  }
};
/** What the events write doesn't fit one transaction; of a single one, that is refused. */
class TooManyWrites extends Refusal {
  constructor() {
    super('limit_reached', 'More rules and challenges are about this event than one transaction takes.');
  }
}

/** A single event that doesn't fit is tried once more when what time has done, which went with it, is out of the way. */
const recordTogether = async (deps: RecordingDeps, recording: Recording, inputs: EventInput[]): Promise<Outcome[]> => {
  try {
    return await recordAtOnce(deps, recording, inputs);
  } catch (error) {
    const { consumerId, now } = recording;
    const isAlone = error instanceof TooManyWrites && inputs.length === 1;
    if (isAlone && (await bookTimeOf(deps, consumerId, now))) return recordAtOnce(deps, recording, inputs);
    throw error;
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
  const mark = markFrom(...identified.map(({ keptAs }) => keptAs));
  return retrying(deps, async (retry) => {
    const hasty = retry === 0 ? await attempted(deps, recording, identified, mark, HASTY) : null;
    const attempt =
      hasty && isSettled(hasty)
        ? hasty
        : await attempted(deps, recording, identified, mark, { fresh: true, own: retry > 0 });
    if (attempt === null) throw await absenceOf(deps.store, recording.consumerId);
    const { outcomes, events } = attempt.decision;
    if (events.length > 0) {
      const writes = await writesOf(deps.store, recording, attempt);
      if (writes.length > MOST_WRITES) throw new TooManyWrites();
      await (recording.commit ?? deps.store.commit)(writes, outcomes);
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
  earnings: Pick<Earnings, 'take' | 'writes'>;
  decision: Decision;
}

/** Null where there is no such consumer. */
const attempted = async (
  deps: RecordingDeps,
  { consumerId, now }: Recording,
  inputs: Identified[],
  mark: string,
  { fresh, own }: Reading,
): Promise<Attempt | null> => {
  const keys = distinct(
    inputs.flatMap((input) => [...keysOf(consumerId, input), ...(own ? ownKeysOf(consumerId, input, now) : [])]),
  );
  const types = inputs.map(({ type }) => type);
  const guess = expectedInterest(deps.store, types);
  const [[record, settings, ...subjects], others] = await together(
    deps.store,
    [{ kind: 'metrics', consumerId }, { kind: 'settings' }, ...keys],
    standingKeys(consumerId, guess),
    fresh || guess.memberships,
  );
  if (record === undefined) return null;
  seen.set(deps.store, settings);
  const draft = new Draft(subjects);
  const scoring = scoringOf(settings);
  const interest = interestIn(settings, types);
  const clerk = { ladder: ladderIn(scoring.settings), mark, actor: SYSTEM };
  const missing = () =>
    deps.store.get(standingKeys(consumerId, interest, guess), true) as Promise<(StoredRecord | undefined)[]>;
  const earner = {
    consumerId,
    now,
    clerk,
    settings,
    isMember: record.membership === 'opted_in',
    isBound: interest.memberships,
  };
  const earnings = interest.account
    ? await earningsOf(deps.store, earner, [...others, ...(await missing())])
    : NO_EARNINGS;
  const tools = { now, timezoneAt: deps.timezoneAt ?? (() => null) };
  const known = { consumerId, metrics: record, draft, scoring, earnings };
  return { record, scoring, draft, earnings, decision: decided(known, inputs, tools) };
};

/** Two sets of keys in one request. */
const together = async <const K extends readonly RecordKey[]>(
  store: Store,
  keys: K,
  others: readonly RecordKey[],
  fresh: boolean,
) => {
  const records = await store.get([...keys, ...others], fresh);
  return [records.slice(0, keys.length), records.slice(keys.length)] as unknown as [
    { [I in keyof K]: RecordOf<K[I]['kind']> | undefined },
    (StoredRecord | undefined)[],
  ];
};

interface Earner {
  consumerId: string;
  now: Instant;
  clerk: PostingContext;
  settings: RecordOf<'settings'> | undefined;
  isMember: boolean;
  /** Whether a rule or a challenge asks for segments and lists. */
  isBound: boolean;
}

/** What of a consumer the events touch, but for what was read already. */
const standingKeys = (consumerId: string, interest: Interest, but?: Interest): RecordKey[] =>
  (['account', 'rewardsState', 'memberships'] as const)
    .filter((kind) => interest[kind] && !but?.[kind])
    .map((kind) => ({ kind, consumerId }));

const earningsOf = async (
  store: Store,
  { consumerId, now, clerk, settings, isMember, isBound }: Earner,
  records: readonly (StoredRecord | undefined)[],
): Promise<Earnings> => {
  const account = records.find((record) => record?.kind === 'account');
  const rewardsState = records.find((record) => record?.kind === 'rewardsState');
  const record = records.find((record) => record?.kind === 'memberships');
  const memberships = isBound ? membershipsOf(record, await catalogueOf(store, settings)) : NO_MEMBERSHIPS;
  const standing = await upToDate(store, await openAccount(store, consumerId, account), clerk, now);
  return new Earnings({ ...standing, rewardsState, isMember, memberships }, clerk, settings, now);
};

/** The settings that were read last tell what the next request had better read along: wrong guesses cost a request. */
const seen = new WeakMap<Store, RecordOf<'settings'> | undefined>();
const expectedInterest = (store: Store, types: readonly string[]): Interest =>
  seen.has(store) ? interestIn(seen.get(store), types) : FIRST_GUESS;

/** Whether a decision may stand that was made on a read which may have been a moment old. */
const isSettled = (attempt: Attempt): boolean =>
  !needsHistory(attempt) && attempt.decision.outcomes.every(({ status }) => status !== 'rejected');

const needsHistory = ({ record, scoring, decision }: Attempt): boolean =>
  decision.incomplete || record.scoringVersion !== scoring.version;

const writesOf = async (store: Store, { consumerId, now }: Recording, attempt: Attempt): Promise<Write[]> => {
  const { record, scoring, draft, earnings, decision } = attempt;
  const sums = needsHistory(attempt) ? await foldedWith(store, consumerId, decision.events, scoring) : decision.metrics;
  const [event, another] = decision.events;
  const recorded = { recordedAt: now, recordedBy: another ? undefined : event?.eventId };
  return [
    ...decision.events.map((put): Write => ({ put, expect: 'absent' })),
    ...draft.writes(),
    ...earnings.writes(),
    ...(await withReturn(store, record, { ...metricsWith(record, sums, scoring, now), ...recorded }, now)),
  ];
};
