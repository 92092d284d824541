/** Lists of members show names and emails: they follow the profile, from the table's stream. */

import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordKey, RecordOf, StoredRecord } from '../ports/records.ts';
import type { Change, Write } from '../ports/store.ts';

/** Gives the entries of everyone who was renamed the name and email of now; gives back how many changes there were. */
export const renameMembers = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  for (const consumerId of new Set(changes.flatMap(renamedIn))) await rename(deps, consumerId);
  return changes.length;
};

const renamedIn = ({ before, after }: Change): string[] => {
  if (before?.kind !== 'profile' || after?.kind !== 'profile') return [];
  return before.fullName === after.fullName && before.email === after.email ? [] : [after.consumerId];
};

/** Keys of one request, and writes of one transaction less its check. */
const AT_ONCE = 98;

/**
 * Entries come and go with a new version of the memberships: each portion checks it, so that none is written that went
 * meanwhile. Who adds one checks the profile that the name is from.
 */
const rename = (deps: Pick<Deps, 'store' | 'pause'>, consumerId: string): Promise<void> =>
  retrying(deps, async () => {
    const [profile, memberships] = await deps.store.get(
      [
        { kind: 'profile', consumerId },
        { kind: 'memberships', consumerId },
      ],
      true,
    );
    if (!profile || !memberships) return;
    const keys = entriesOf(memberships);
    const check: Write = { check: { kind: 'memberships', consumerId }, expect: { version: memberships.version } };
    for (let start = 0; start < keys.length; start += AT_ONCE) {
      const entries = (await deps.store.get(keys.slice(start, start + AT_ONCE), true)) as (StoredRecord | undefined)[];
      const writes = entries.flatMap((entry) => renamed(entry, profile));
      if (writes.length > 0) await deps.store.commit([...writes, check]);
    }
  });

const entriesOf = ({ consumerId, ruleVersions, lists }: RecordOf<'memberships'>): RecordKey[] => [
  ...Object.keys(ruleVersions).map(
    (ruleVersion) => ({ kind: 'member', consumerId, ruleVersion: Number(ruleVersion) }) as const,
  ),
  ...lists.map(({ listId }) => ({ kind: 'listMember', consumerId, listId }) as const),
];

const renamed = (entry: StoredRecord | undefined, { fullName, email }: RecordOf<'profile'>): Write[] => {
  if (entry?.kind !== 'member' && entry?.kind !== 'listMember') return [];
  if (entry.fullName === fullName && entry.email === email) return [];
  return [{ put: { ...entry, fullName, email }, expect: 'present' }];
};
