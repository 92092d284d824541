/**
 * Beginning an erasure. In one transaction the whole head of the consumer goes, and every claim to its contacts, and its
 * id is put down as erased: from then on nothing can be written about it, as every write stands on a part of the head (see
 * data/guard.ts), nobody is found by its contacts, and every question about it is answered `erased`. What is left under
 * its key, and elsewhere, a workflow removes (see steps.ts, remove.ts and verify.ts).
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
 * Safe to repeat: who is being erased, or was, has the same erasure; one that failed is begun again. Throws `Refusal`
 * `confirmation_mismatch`, `consumer_not_found` and `version_conflict`.
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
    // At once; where it fails, a step of the workflow does it.
    await updateAdvocates(deps, [consumerId]).catch(() => undefined);
    return answer;
  });
};

interface ErasureRequest {
  consumerId: string;
  /** The id again. */
  confirm: string | undefined;
  /** The version that the caller has seen; another one refuses. */
  ifMatch?: number | undefined;
  now: Instant;
}

/** Of whoever has this contact, for a request that names nobody's id. Throws likewise. */
export const eraseByContact = async (
  deps: Deps,
  { lookup, confirm, now }: { lookup: Lookup; confirm: string | undefined; now: Instant },
  commit: Commit,
): Promise<ErasureStatus> => {
  refuseUnconfirmed('email' in lookup ? lookup.email : 'phone' in lookup ? lookup.phone : lookup.externalId, confirm);
  const consumerId = await ownerOf(deps.store, lookup);
  return eraseConsumer(deps, { consumerId, confirm: consumerId, now }, commit);
};

const refuseUnconfirmed = (said: string, confirm: string | undefined): void => {
  if (confirm === said) return;
  throw new Refusal('confirmation_mismatch', 'It cannot be undone: `confirm` has to say again who is to be erased.');
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

/** Its workflow is started again, from the table's stream. */
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
 * What it takes to freeze a consumer: all that is counted here as removed is removed by these writes. `earlier` is the
 * receipt of one who was erased before, and is there again since a table was restored.
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
        ...{ kind: 'erasure', erasureId, version: 1, subjectHash, status: 'running', attempt: 1 },
        ...{
          requestedAt: now,
          completedAt: null,
          itemsRemoved: removed,
          steps: [{ name: 'freeze', at: now, status: 'done' }],
        },
      };
  const subject: RecordOf<'erasureSubject'> = {
    ...{ kind: 'erasureSubject', erasureId, consumerId, exportIds: [] },
    contacts: contacts.map(({ channel, contact }) => ({ channel, contact })),
    sources: profile.syncSources.map(({ source, externalId }) => ({ source, externalId })),
  };
  const missing = HEAD.filter((kind) => !parts.some((part) => part.kind === kind));
  const writes: Write[] = [
    // What is written to the others meanwhile is removed with them: who never stops writing does not keep it from going.
    ...parts.map((remove): Write => {
      return { remove, expect: remove.kind === 'profile' ? { version: remove.version } : 'present' };
    }),
    // Nobody's first points come to be there while it goes.
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

/** So many fit the transaction beside the head and the contacts; what doesn't, goes within seconds. */
const MOST_SHOWN = 60;

/** What pages of members show of the consumer: names that nobody is to see from now on. */
const shownIn = async (store: Store, memberships: ConsumerState['memberships']) => {
  if (!memberships) return [];
  const { consumerId, units, lists } = memberships;
  const keys = [
    ...lists.map(({ listId }) => ({ kind: 'listMember', consumerId, listId }) as const),
    ...Object.keys(units).map((unit) => ({ kind: 'member', consumerId, unit: Number(unit) }) as const),
  ].slice(0, MOST_SHOWN);
  const entries = await store.get(keys, true);
  return keys.filter((_, n) => entries[n] !== undefined);
};

/** The write by which a receipt counts what goes beside the steps of its erasure; none where it is not there. */
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
