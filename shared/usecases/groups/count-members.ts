/** Keeping the numbers of members true, from the table's stream. */
import { counted, decodedCounts, emptyCounts, encodedCounts, type Movement } from '../../domain/segments/counts.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf, StoredRecord } from '../ports/records.ts';
import type { Change, Store } from '../ports/store.ts';

/** Counts who came and went in one conditional write; what was counted before changes nothing. */
export const countMembers = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  const movements = changes.map(movementIn).filter((movement) => movement !== null);
  if (movements.length > 0) await retrying(deps, () => count(deps.store, movements));
  return changes.length;
};

const count = async (store: Store, movements: readonly Movement[]): Promise<void> => {
  const [before] = await store.get([{ kind: 'memberCounts' }], true);
  const content = encodedCounts(counted(countsIn(before), movements));
  if (content === before?.content) return;
  const put = { kind: 'memberCounts', version: (before?.version ?? 0) + 1, content } as const;
  await store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
};

/** None before the first member. */
export const countsIn = (record: RecordOf<'memberCounts'> | undefined) =>
  record ? decodedCounts(record.content) : emptyCounts();

/** Null where nobody came or went: another name, or another thing altogether. */
const movementIn = ({ before, after }: Change): Movement | null => {
  const member = memberIn(after ?? before);
  return member === null || (before && after) ? null : { ...member, isGone: after === undefined };
};

const memberIn = (record: StoredRecord | undefined): Omit<Movement, 'isGone'> | null => {
  if (record?.kind === 'member') {
    return { consumerId: record.consumerId, group: { ruleVersion: record.ruleVersion }, since: record.enteredAt };
  }
  if (record?.kind === 'listMember') {
    return { consumerId: record.consumerId, group: { listId: record.listId }, since: record.addedAt };
  }
  return null;
};
