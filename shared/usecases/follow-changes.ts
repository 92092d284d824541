/** Segments as consumers change: whom a batch of changes is about, their segments are brought up to date. */
import { canonicalJson } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { laterOf } from '../domain/instants.ts';
import type { Change, Deps, StoredRecord } from './ports.ts';
import type { Refresh } from './refresh-consumer.ts';
import { RefreshRound } from './refresh-round.ts';
import type { Cause } from './segment-standing.ts';
import { segmentationOf } from './segment-units.ts';

/** Flips say the instant of the newest change that led to them; what time has done to points, and was booked, its own. */
export const followChanges = async (deps: Pick<Deps, 'store' | 'pause'>, changes: readonly Change[]): Promise<void> => {
  const changed = new Map<string, Refresh>();
  const booked = bookedIn(changes);
  for (const change of changes) {
    const cause = causeOf(change);
    const record = change.after;
    if (cause === null || !record || !('consumerId' in record) || record.consumerId === undefined) continue;
    const bookedAt = record.kind === 'account' ? booked.get(record.consumerId) : undefined;
    const before = changed.get(record.consumerId);
    const now = instantOf(change);
    if (bookedAt === undefined) changed.set(record.consumerId, { now, cause });
    else changed.set(record.consumerId, before ? { ...before, now } : { now, cause: 'time', at: bookedAt });
  }
  if (changed.size === 0) return;
  const segmentation = await segmentationOf(deps.store);
  if (segmentation.segments.length === 0) return;
  const round = new RefreshRound(deps, segmentation);
  await round.lookAt(changed);
  await round.end();
};

/** Whose ledger tells of time alone, and the newest instant that it tells of. */
const bookedIn = (changes: readonly Change[]): ReadonlyMap<string, Instant> => {
  const entries = changes.flatMap(({ after }) => (after?.kind === 'entry' ? [after] : []));
  const byConsumer = [...Map.groupBy(entries, ({ consumerId }) => consumerId)];
  return new Map(
    byConsumer.flatMap(([consumerId, own]) => {
      const newest = own.reduce<Instant | null>((latest, { at }) => laterOf(latest, at), null);
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
    case 'programme':
      return 'change';
    case 'memberships':
      return canonicalJson(listsIn(before)) === canonicalJson(after.lists) ? null : 'list';
    default:
      return null;
  }
};

const listsIn = (record: StoredRecord | undefined) => (record?.kind === 'memberships' ? record.lists : []);

/** The stream tells whole seconds; what was written may say more. */
const instantOf = ({ at, after }: Change): Instant => {
  const said = after?.kind === 'memberships' ? after.lists.map(({ addedAt }) => addedAt) : [];
  return said.reduce<Instant>((latest, addedAt) => laterOf(latest, addedAt) ?? latest, at);
};
