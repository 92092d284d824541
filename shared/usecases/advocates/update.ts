/** Keeps the list of brand advocates current between rankings: renames are applied, removed consumers leave the list. */
import { isDeepStrictEqual } from 'node:util';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RankedAdvocate } from '../ports/records.ts';
import type { Change } from '../ports/store.ts';

/** Applies renamed and removed profiles from the table's stream. Returns the number of changes processed. */
export const followAdvocates = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  await updateAdvocates(deps, changes.flatMap(renamedOrGone));
  return changes.length;
};

const renamedOrGone = ({ before, after }: Change): string[] => {
  if (before?.kind !== 'profile') return [];
  const isSame = after?.kind === 'profile' && after.fullName === before.fullName;
  return isSame ? [] : [before.consumerId];
};

/** Updates the entries of these consumers. Removed consumers leave the list, and the entries below move up. */
export const updateAdvocates = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  consumerIds: readonly string[],
): Promise<void> => {
  const changedIds = new Set(consumerIds);
  if (changedIds.size === 0) return;
  await retrying(deps, async () => {
    const [record] = await deps.store.get([{ kind: 'advocates' }], true);
    const affected = record?.items.filter(({ consumerId }) => changedIds.has(consumerId)) ?? [];
    if (record === undefined || affected.length === 0) return;
    const names = await namesOf(deps, affected);
    const items = record.items.flatMap((item) => {
      if (!changedIds.has(item.consumerId)) return [item];
      const fullName = names.get(item.consumerId);
      return fullName === undefined ? [] : [{ ...item, fullName }];
    });
    if (isDeepStrictEqual(items, record.items)) return;
    const put = { ...record, version: record.version + 1, items };
    await deps.store.commit([{ put, expect: { version: record.version } }]);
  });
};

/** Names by id, without consumers that no longer exist. */
const namesOf = async ({ store }: Pick<Deps, 'store'>, advocates: readonly RankedAdvocate[]) => {
  const profiles = await store.get(
    advocates.map(({ consumerId }) => ({ kind: 'profile', consumerId }) as const),
    true,
  );
  return new Map(profiles.flatMap((profile) => (profile ? [[profile.consumerId, profile.fullName]] : [])));
};
