/** Keeping the organization's liability in points true, from the table's stream, and telling it. */
import type { Instant } from '../../domain/facts.ts';
import { laterOf } from '../../domain/instants.ts';
import {
  counted,
  decodedLiability,
  emptyLiability,
  encodedLiability,
  liabilityShown,
  type Movement,
} from '../../domain/points/liability.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { Change, Store } from '../ports/store.ts';

/** Counts the entries among the changes in one conditional write; those that were counted before change nothing. */
export const countLiability = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  const movements = changes.map(movementIn).filter((movement) => movement !== null);
  const asOf = changes.reduce<Instant | null>((latest, { at }) => laterOf(latest, at), null);
  if (asOf !== null && movements.length > 0) await retrying(deps, () => count(deps.store, movements, asOf));
  return changes.length;
};

const count = async (store: Store, movements: readonly Movement[], asOf: Instant): Promise<void> => {
  const [before] = await store.get([{ kind: 'liability' }], true);
  const known = before ? decodedLiability(before.content) : emptyLiability();
  const content = encodedLiability(counted(known, movements));
  if (content === before?.content) return;
  const put = {
    kind: 'liability',
    version: (before?.version ?? 0) + 1,
    asOf: laterOf(before?.asOf ?? null, asOf) ?? asOf,
    content,
  } as const;
  await store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
};

/** Entries never change: they come, and go with their consumer. */
const movementIn = ({ before, after }: Change): Movement | null => {
  const entry = after ?? before;
  if (entry?.kind !== 'entry' || (before && after)) return null;
  return { consumerId: entry.consumerId, entry, isGone: after === undefined };
};

/** Points outstanding, by the month in which they expire. `asOf` null: nobody ever earned any. */
export const readLiability = async (store: Store, now: Instant) => {
  const [record] = await store.get([{ kind: 'liability' }], true);
  return {
    asOf: record?.asOf ?? null,
    ...liabilityShown(record ? decodedLiability(record.content) : emptyLiability(), now),
  };
};
