/**
 * Starts an erasure. One transaction removes the consumer's head and all claims to its contacts, and writes a tombstone for
 * its id. From then on no write about the consumer can commit, because every write checks a part of the head (see
 * data/guard.ts); lookups by its contacts find nothing, and reads answer `erased`. A workflow removes the remaining items
 * (see steps.ts, remove.ts and verify.ts).
 */
import type { Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { updateAdvocates } from '../advocates/update.ts';
import { absenceOf, tombstoneOf } from '../common/absence.ts';
import { retrying } from '../common/retrying.ts';
import { type Lookup, ownerOf } from '../consumers/contact-owners.ts';
import { contactsOf } from '../consumers/profile-writes.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import { HEAD, type Kind, type RecordKey, type RecordOf, storedKind } from '../ports/records.ts';
import type { ConsumerState, Store, Write } from '../ports/store.ts';

export type ErasureStatus = Pick<RecordOf<'erasure'>, 'erasureId' | 'status'>;

/**
 * Safe to repeat: a consumer that is erased or being erased keeps the same erasure, and a failed erasure is restarted.
 * Throws `Refusal` `confirmation_mismatch`, `consumer_not_found` and `version_conflict`.
 */
export const eraseConsumer = (
  deps: Deps,
  { consumerId, confirm, ifMatch, now }: ErasureRequest,
  commit: Commit,
): Promise<ErasureStatus> => {
  refuseUnconfirmed(consumerId, confirm);
  const erasureId = deps.newId(now);
  return retrying(deps, async () => {
    const state = await deps.store.stateOf(consumerId);
    if (state === null) return existingErasure(deps.store, { consumerId, now }, commit);
    const { version } = state.profile;
    if (ifMatch !== undefined && ifMatch !== version) {
      throw new Refusal('version_conflict', `The consumer is at version ${version}, not ${ifMatch}.`);
    }
    const { receipt, writes } = await freezeWrites(deps.store, state, { erasureId, now });
    const answer = await commit(writes, statusOf(receipt));
    // Remove the advocate entry immediately. If this fails, a step of the workflow does it.
    await updateAdvocates(deps, [consumerId]).catch(() => undefined);
    return answer;
  });
};

interface ErasureRequest {
  consumerId: string;
  /** Has to equal `consumerId`. */
  confirm: string | undefined;
  /** The version that the caller has read. Any other version is refused. */
  ifMatch?: number | undefined;
  now: Instant;
}

/** Erases the consumer who owns a contact. Throws the same refusals as `eraseConsumer`. */
export const eraseByContact = async (
  deps: Deps,
  { lookup, confirm, now }: { lookup: Lookup; confirm: string | undefined; now: Instant },
  commit: Commit,
): Promise<ErasureStatus> => {
  refuseUnconfirmed('email' in lookup ? lookup.email : 'phone' in lookup ? lookup.phone : lookup.externalId, confirm);
  const consumerId = await ownerOf(deps.store, lookup);
  return eraseConsumer(deps, { consumerId, confirm: consumerId, now }, commit);
};

const refuseUnconfirmed = (expected: string, confirm: string | undefined): void => {
  if (confirm === expected) return;
  throw new Refusal(
    'confirmation_mismatch',
    'Erasure cannot be undone: `confirm` has to repeat the id or contact of the consumer.',
  );
};

const statusOf = ({ erasureId, status }: RecordOf<'erasure'>): ErasureStatus => ({ erasureId, status });

const existingErasure = async (
  store: Store,
  { consumerId, now }: Pick<ErasureRequest, 'consumerId' | 'now'>,
  commit: Commit,
): Promise<ErasureStatus> => {
  const tombstone = await tombstoneOf(store, consumerId);
  if (!tombstone) throw await absenceOf(store, consumerId);
  const [receipt] = await store.get([{ kind: 'erasure', erasureId: tombstone.erasureId }], true);
  if (!receipt) throw new TypeError('an erasure without its receipt');
  if (receipt.status !== 'failed') return statusOf(receipt);
  const put = restarted(receipt, now);
  return commit([{ put, expect: { version: receipt.version } }], statusOf(put));
};

/** The receipt of the next attempt. The table's stream starts its workflow. */
export const restarted = (receipt: RecordOf<'erasure'>, now: Instant): RecordOf<'erasure'> => ({
  ...receipt,
  version: receipt.version + 1,
  attempt: receipt.attempt + 1,
  status: 'running',
  completedAt: null,
  steps: [
    ...receipt.steps.filter(({ name }) => name !== 'begun_again'),
    { name: 'begun_again', at: now, status: 'done' },
  ],
});

/**
 * The writes that freeze a consumer, and the receipt, which counts what they remove. `earlier` is the receipt of a consumer
 * who was erased before and reappeared when the table was restored.
 */
export const freezeWrites = async (
  store: Store,
  state: ConsumerState,
  { erasureId, now, earlier }: { erasureId: string; now: Instant; earlier?: RecordOf<'erasure'> },
): Promise<{ receipt: RecordOf<'erasure'>; writes: Write[] }> => {
  const { profile, memberships } = state;
  const { consumerId } = profile;
  const contacts = contactsOf(profile);
  const parts = HEAD.map((kind) => state[kind]).filter((part) => part !== undefined);
  const subjectHash = store.keyedHashOf(consumerId);
  const shown = await shownIn(store, memberships);
  const removed = countedIn([...parts, ...contacts, ...shown]);
  const receipt: RecordOf<'erasure'> = earlier
    ? { ...restarted(earlier, now), itemsRemoved: summed(earlier.itemsRemoved, removed) }
    : {
        kind: 'erasure',
        erasureId,
        version: 1,
        subjectHash,
        status: 'running',
        attempt: 1,
        requestedAt: now,
        completedAt: null,
        itemsRemoved: removed,
        steps: [{ name: 'freeze', at: now, status: 'done' }],
      };
  const subject: RecordOf<'erasureSubject'> = {
    kind: 'erasureSubject',
    erasureId,
    consumerId,
    exportIds: [],
    contacts: contacts.map(({ channel, contact }) => ({ channel, contact })),
    sources: profile.syncSources.map(({ source, externalId }) => ({ source, externalId })),
  };
  const missing = HEAD.filter((kind) => !parts.some((part) => part.kind === kind));
  const writes: Write[] = [
    // Only the profile is checked by version. Concurrent writes to the other parts are removed with them, so that a busy
    // consumer cannot delay its own erasure.
    ...parts.map((remove): Write => {
      return { remove, expect: remove.kind === 'profile' ? { version: remove.version } : 'present' };
    }),
    // A missing part, such as the account before the first points, must not be created concurrently.
    ...missing.map((kind): Write => ({ check: { kind, consumerId }, expect: 'absent' })),
    ...[...contacts, ...shown].map((remove): Write => ({ remove, expect: 'present' })),
    ...(earlier
      ? ([{ put: receipt, expect: { version: earlier.version } }] satisfies Write[])
      : ([
          { put: { kind: 'tombstone', subjectHash, erasureId, at: now }, expect: 'absent' },
          { put: receipt, expect: 'absent' },
        ] satisfies Write[])),
    { put: subject, expect: 'absent' },
  ];
  return { receipt, writes };
};

/** Entries that fit into the transaction beside the head and the contacts. The workflow removes the others within seconds. */
const MOST_SHOWN = 60;

/** The entries by which pages of members show the consumer's name. */
const shownIn = async (store: Store, memberships: ConsumerState['memberships']) => {
  if (!memberships) return [];
  const { consumerId, ruleVersions, lists } = memberships;
  const keys = [
    ...lists.map(({ listId }) => ({ kind: 'listMember', consumerId, listId }) as const),
    ...Object.keys(ruleVersions).map(
      (ruleVersion) => ({ kind: 'member', consumerId, ruleVersion: Number(ruleVersion) }) as const,
    ),
  ].slice(0, MOST_SHOWN);
  const entries = await store.get(keys, true);
  return keys.filter((_, n) => entries[n] !== undefined);
};

/** The write that adds a record, removed outside the erasure's own steps, to its receipt. Empty without a receipt. */
export const countRemovedWrites = async (store: Store, consumerId: string, removed: RecordKey): Promise<Write[]> => {
  const tombstone = await tombstoneOf(store, consumerId);
  const [receipt] = tombstone ? await store.get([{ kind: 'erasure', erasureId: tombstone.erasureId }], true) : [];
  if (!receipt) return [];
  const { version } = receipt;
  const itemsRemoved = summed(receipt.itemsRemoved, countedIn([removed]));
  return [{ put: { ...receipt, version: version + 1, itemsRemoved }, expect: { version } }];
};

export const summed = (one: Record<string, number>, other: Record<string, number>): Record<string, number> => {
  const sums = { ...one };
  for (const [kind, count] of Object.entries(other)) sums[kind] = (sums[kind] ?? 0) + count;
  return sums;
};

export const countedIn = (records: readonly { kind: Kind }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { kind } of records) {
    const name = storedKind(kind);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};
