/** The writes of a profile: the profile, its contacts, its directory entries, and its part in the population. */
import { externalContact } from '../../domain/consumer/contacts.ts';
import { isEligible } from '../../domain/consumer/identity.ts';
import type { DirectoryEntry } from '../../domain/consumer/search.ts';
import { entriesOf } from '../../domain/consumer/search.ts';
import type { Profile } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Commit } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { ListedState, Store, Write } from '../ports/store.ts';
import { WriteConflict } from '../ports/store.ts';

export interface ProfileWrites {
  required: Write[];
  /** New directory entries. */
  listings: Write[];
}

/** The writes from one state of a consumer to the next. Without a previous state, they create the consumer. */
export const profileWrites = (before: ListedState | null, after: ListedState): ProfileWrites => {
  const { consumerId } = after.profile;
  const mirrored = { eligible: isEligible(after.profile), membership: after.profile.membership };
  const metrics: Write[] =
    before === null
      ? [{ put: { ...after.metrics, ...mirrored }, expect: 'absent' }]
      : before.metrics.eligible === mirrored.eligible && before.metrics.membership === mirrored.membership
        ? []
        : [{ put: metricsMirroring(before.metrics, mirrored), expect: { version: before.metrics.version } }];
  const claims = difference(before && contactsOf(before.profile), contactsOf(after.profile), JSON.stringify);
  const entries = difference(before && entriesOf(before.profile), entriesOf(after.profile), textOf);
  const asRecord = (entry: DirectoryEntry) => ({ kind: 'directory' as const, consumerId, ...entry });
  return {
    required: [
      { put: after.profile, expect: before === null ? 'absent' : { version: before.profile.version } },
      ...metrics,
      ...claims.added.map((contact): Write => ({ put: { ...contact, consumerId }, expect: 'absent' })),
      ...claims.removed.map((remove): Write => ({ remove })),
      ...entries.removed.map((entry): Write => ({ remove: asRecord(entry) })),
    ],
    listings: entries.added.map((entry): Write => ({ put: asRecord(entry), expect: 'anything' })),
  };
};

const metricsMirroring = (
  metrics: RecordOf<'metrics'>,
  mirrored: Pick<RecordOf<'metrics'>, 'eligible' | 'membership'>,
): RecordOf<'metrics'> => ({
  ...metrics,
  ...mirrored,
  version: metrics.version + 1,
});

type Contact = Omit<RecordOf<'contact'>, 'consumerId'>;
const contactOf = (channel: Contact['channel'], contact: string): Contact => ({ kind: 'contact', channel, contact });

/** All claims of a profile to contacts. */
export const contactsOf = ({ email, phone, syncSources }: Profile): Contact[] => [
  ...(email === null ? [] : [contactOf('email', email)]),
  ...(phone === null ? [] : [contactOf('phone', phone)]),
  ...syncSources.map(({ source, externalId }) => contactOf('external', externalContact(source, externalId))),
];

const textOf = ({ facet, value }: DirectoryEntry): string => JSON.stringify([facet, value]);

const difference = <T>(before: T[] | null, after: T[], textOf: (item: T) => string) => {
  const byText = (items: T[]) => new Map(items.map((item) => [textOf(item), item]));
  const [oldItems, newItems] = [byText(before ?? []), byText(after)];
  return {
    added: [...newItems].flatMap(([text, item]) => (oldItems.has(text) ? [] : [item])),
    removed: [...oldItems].flatMap(([text, item]) => (newItems.has(text) ? [] : [item])),
  };
};

/** Writes per transaction. Leaves room for the response under an idempotency key. */
const MOST_WRITES = 99;

/**
 * Commits the writes with the result. Throws `Refusal('contact_taken')` or `('external_id_taken')` if another consumer has
 * the contact.
 */
export const commitProfile = async <T>(
  store: Store,
  { required, listings }: ProfileWrites,
  commit: Commit,
  result: T,
): Promise<T> => {
  try {
    if (required.length + listings.length <= MOST_WRITES) return await commit([...required, ...listings], result);
    // Listings that don't fit are written first. A surplus listing is harmless: matches are decided on the profile.
    await store.commit([...listings, ...required.flatMap(profileCheck)]);
    return await commit(required, result);
  } catch (error) {
    if (error instanceof WriteConflict) refuseTaken(error);
    throw error;
  }
};

/** Checks that the profile is unchanged since it was read, or does not exist yet. */
const profileCheck = (write: Write): Write[] =>
  'put' in write && write.put.kind === 'profile' ? [{ check: write.put, expect: write.expect }] : [];

const refuseTaken = ({ failed }: WriteConflict): void => {
  for (const { write, existing } of failed) {
    if (!('put' in write) || write.put.kind !== 'contact') continue;
    const { channel, consumerId } = write.put;
    // A concurrent request gave the contact to the same consumer. Decide again instead of refusing.
    if (existing?.kind === 'contact' && existing.consumerId === consumerId) continue;
    if (channel === 'external') {
      throw new Refusal('external_id_taken', 'Another consumer has this external id.');
    }
    throw new Refusal('contact_taken', `Another consumer has this ${channel}.`);
  }
};
