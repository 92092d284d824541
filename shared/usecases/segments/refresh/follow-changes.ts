/** Segments as consumers change: whom a batch of changes is about, their segments are brought up to date. */
import { canonicalJson } from '../../../domain/canonical.ts';
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import type { Deps } from '../../ports/deps.ts';
import type { StoredRecord } from '../../ports/records.ts';
import type { Change } from '../../ports/store.ts';
import { readCompiledSegments } from '../flips/compiled.ts';
import type { Step } from '../flips/origins.ts';
import type { Cause } from '../flips/state.ts';
import type { Refresh } from './consumer.ts';
import { RefreshRound } from './round.ts';

/** Flips say the instant of the change that led to them; what time has done to points, and was booked, its own. */
export const followChanges = async (deps: Pick<Deps, 'store' | 'pause'>, changes: readonly Change[]): Promise<void> => {
  const booked = bookedIn(changes);
  const about = Map.groupBy(changes.filter(isOfAnybody), consumerOf);
  const changed = new Map([...about].map(([consumerId, own]) => [consumerId, refreshFor(own, booked.get(consumerId))]));
  if (changed.size === 0) return;
  const compiledSegments = await readCompiledSegments(deps.store);
  if (compiledSegments.segments.length === 0) return;
  const round = new RefreshRound(deps, compiledSegments);
  await round.lookAt(changed);
  await round.end();
};

const consumerOf = ({ after }: Change): string => (after && 'consumerId' in after ? (after.consumerId ?? '') : '');
const isOfAnybody = (change: Change): boolean => causeOf(change) !== null && consumerOf(change) !== '';

/** Of one consumer's changes, in their order. */
const refreshFor = (own: readonly Change[], bookedAt: Instant | undefined): Refresh => {
  const others = own.filter(({ after }) => bookedAt === undefined || after?.kind !== 'account');
  const now = newestOf(others.map(saidBy)) ?? own.at(-1)?.at ?? '';
  const retiring = others.at(-1);
  if (retiring === undefined) return { now, cause: 'time', at: bookedAt };
  return { now, cause: causeOf(retiring) ?? 'change', steps: others.map((change) => stepOf(change, now)) };
};

const stepOf = (change: Change, now: Instant): Step => {
  const { before, after } = change;
  const at = saidBy(change);
  const eventId = at !== null && after?.kind === 'metrics' ? after.recordedBy : undefined;
  return { at: at ?? now, cause: causeOf(change) ?? 'change', eventId, before, after };
};

const newestOf = (instants: readonly (Instant | null)[]): Instant | null =>
  instants.reduce<Instant | null>((latest, at) => laterOf(latest, at), null);

/** Whose ledger tells of time alone, and the newest instant that it tells of. */
const bookedIn = (changes: readonly Change[]): ReadonlyMap<string, Instant> => {
  const entries = changes.flatMap(({ after }) => (after?.kind === 'entry' ? [after] : []));
  const byConsumer = [...Map.groupBy(entries, ({ consumerId }) => consumerId)];
  return new Map(
    byConsumer.flatMap(([consumerId, own]) => {
      const newest = newestOf(own.map(({ at }) => at));
      return newest !== null && own.every(({ cause }) => cause === 'time') ? [[consumerId, newest]] : [];
    }),
  );
};

/** What a change means to segments; null where it is none of a consumer's facts. */
const causeOf = ({ before, after }: Change): Cause | null => {
  switch (after?.kind) {
    case 'profile':
    case 'metrics':
    case 'account':
    case 'rewardsState':
      return 'change';
    case 'memberships':
      return canonicalJson(listsIn(before)) === canonicalJson(after.lists) ? null : 'list';
    default:
      return null;
  }
};

const listsIn = (record: StoredRecord | undefined) => (record?.kind === 'memberships' ? record.lists : []);

/** When it was written, where it says so: the stream stamps whole seconds, and later ones where it is behind. */
const saidBy = ({ before, after }: Change): Instant | null => {
  switch (after?.kind) {
    case 'profile':
      return newIn(after.updatedAt, before?.kind === after.kind ? before.updatedAt : null);
    case 'metrics':
      return newIn(after.recordedAt, before?.kind === after.kind ? before.recordedAt : null);
    case 'account':
      return newIn(after.at, before?.kind === after.kind ? before.at : null);
    case 'memberships': {
      const known = new Set(listsIn(before).map(({ addedAt }) => addedAt));
      return newestOf(after.lists.map(({ addedAt }) => (known.has(addedAt) ? null : addedAt)));
    }
    default:
      return null;
  }
};

const newIn = (said: Instant | null | undefined, before: Instant | null | undefined): Instant | null =>
  said == null || said === before ? null : said;
