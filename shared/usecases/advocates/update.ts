/** The list of brand advocates between two rankings: it shows names of now, and nobody who is gone. */
import { isDeepStrictEqual } from 'node:util';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RankedAdvocate } from '../ports/records.ts';
import type { Change } from '../ports/store.ts';

/** Follows renamed and removed profiles, from the table's stream; gives back how many changes there were. */
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

/** Brings what the list says of these consumers up to date; who is gone leaves it, and all below move up. */
export const updateAdvocates = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  consumerIds: readonly string[],
): Promise<void> => {
  const asked = new Set(consumerIds);
  if (asked.size === 0) return;
  await retrying(deps, async () => {
    const [record] = await deps.store.get([{ kind: 'advocates' }], true);
    const concerned = record?.items.filter(({ consumerId }) => asked.has(consumerId)) ?? [];
    if (record === undefined || concerned.length === 0) return;
    const names = await namesOf(deps, concerned);
    const items = record.items.flatMap((item) => {
      if (!asked.has(item.consumerId)) return [item];
      const fullName = names.get(item.consumerId);
      return fullName === undefined ? [] : [{ ...item, fullName }];
    });
    if (isDeepStrictEqual(items, record.items)) return;
    const put = { ...record, version: record.version + 1, items };
    await deps.store.commit([{ put, expect: { version: record.version } }]);
  });
};

/** Undefined for those who are gone. */
const namesOf = async ({ store }: Pick<Deps, 'store'>, advocates: readonly RankedAdvocate[]) => {
  const profiles = await store.get(
    advocates.map(({ consumerId }) => ({ kind: 'profile', consumerId }) as const),
    true,
  );
  return new Map(profiles.flatMap((profile) => (profile ? [[profile.consumerId, profile.fullName]] : [])));
};
