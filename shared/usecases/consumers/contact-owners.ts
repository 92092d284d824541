/** Finds the consumers that own contacts. */
import { externalContact, normalizedEmail } from '../../domain/consumer/contacts.ts';
import { normalizedPhone } from '../../domain/consumer/phone.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { RecordKey } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

/** One way to name a consumer. */
export type Lookup = { email: string } | { phone: string } | { source: string; externalId: string };
type ContactKey = Extract<RecordKey, { kind: 'contact' }>;

/** Refuses an invalid email or phone number. The error's path begins with `path`. */
export const contactKeyOf = (lookup: Lookup, path?: string): ContactKey => {
  const at = (field: string) => (path === undefined ? field : `${path}.${field}`);
  if ('email' in lookup) return keyOf('email', normalizedEmail(lookup.email, at('email')));
  if ('phone' in lookup) return keyOf('phone', normalizedPhone(lookup.phone, at('phone')));
  return keyOf('external', externalContact(lookup.source, lookup.externalId));
};

const keyOf = (channel: ContactKey['channel'], contact: string): ContactKey => ({ kind: 'contact', channel, contact });

/**
 * The owner of each contact, or a refusal if it has none. Up to 100 contacts, in one request. The read is strongly
 * consistent: a contact may just have moved, and data recorded for the wrong consumer stays there.
 */
export const consumersWith = async (store: Store, keys: readonly ContactKey[]): Promise<(string | Refusal)[]> => {
  const textOf = ({ channel, contact }: ContactKey) => `${channel} ${contact}`;
  const distinct = new Map(keys.map((key) => [textOf(key), key]));
  const records = await store.get([...distinct.values()], true);
  const owners = new Map(records.flatMap((record) => (record ? [[textOf(record), record.consumerId]] : [])));
  return keys.map(
    (key) => owners.get(textOf(key)) ?? new Refusal('consumer_not_found', 'No consumer has this contact.'),
  );
};

/** Throws `Refusal('consumer_not_found')`. */
export const ownerOf = async (store: Store, lookup: Lookup): Promise<string> => {
  const [found] = await consumersWith(store, [contactKeyOf(lookup)]);
  if (typeof found !== 'string') throw found;
  return found;
};
