/** Consumers with unique values, so that residue of them can be found in the table and the bucket of a served stack. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { marksIn } from './marks.ts';
import { rawTable } from './raw-table.ts';
import type { ServedStack } from './served-stack.ts';

export interface Person {
  consumerId: string;
  /** Their unique values: ids, contacts, and a word for each text that they sent. */
  marks: string[];
  contacts: { email: string; phone: string };
}

/** An idempotency key, as the options of a call. */
export const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

export const unmistakable = ({ call, data }: Pick<ServedStack, 'call' | 'data'>) => {
  let people = 0;
  /** Creates a consumer with unique values. */
  const person = async (): Promise<Person> => {
    people += 1;
    const n = String(people).padStart(3, '0');
    const contacts = { email: `quillfeather${n}@example.org`, phone: `+447700900${n}` };
    const profile = {
      ...contacts,
      fullName: `Quillfeather${n} Nightingale`,
      handler: `quillhandle${n}`,
      tags: [`quilltag${n}`],
      customAttributes: { [`quillname${n}`]: `quillvalue${n}` },
      externalIds: { klaviyo: `quillsource${n}` },
    };
    const { status, body } = await call('POST', '/v1/consumers', profile, keyed(`born ${n}`));
    expect(status).toBe(201);
    const words = ['feather', 'handle', 'tag', 'name', 'value', 'source', 'event', 'order', 'text'];
    return {
      consumerId: body.consumerId,
      contacts,
      marks: [body.consumerId, contacts.phone.slice(1), ...words.map((w) => `quill${w}${n}`)],
    };
  };
  const suffixOf = ({ contacts }: Person) => contacts.phone.slice(-3);

  const record = (consumerId: string, event: object) => call('POST', `/v1/consumers/${consumerId}/events`, event);
  /** Records `hundreds` batches of 100 events, a quarter of each type. */
  const busy = async (one: Person, hundreds: number) => {
    const n = suffixOf(one);
    for (let batch = 0; batch < hundreds; batch++) {
      const events = Array.from({ length: 100 }, (_, i) => {
        const place = batch * 100 + i;
        const common = { consumerId: one.consumerId, eventId: `quillevent${n}-${place}` };
        if (place % 4 === 0)
          return {
            ...common,
            type: 'order_placed',
            attributes: { orderId: `quillorder${n}-${place}`, totalMinor: 1_000 },
          };
        if (place % 4 === 1)
          return { ...common, type: 'message_sent', attributes: { messageId: `m${place}`, channel: 'email' } };
        if (place % 4 === 2) return { ...common, type: 'friend_referred', attributes: { note: `quilltext${n}` } };
        return { ...common, type: 'visit', attributes: { pageViews: 1 } };
      });
      const { status, body } = await call('POST', '/v1/events/batch', { events }, keyed(`batch ${n} ${batch}`));
      expect([status, body.items.filter((item: { status: string }) => item.status !== 'created')]).toEqual([200, []]);
    }
  };

  /** Occurrences of the marks in the table and the bucket. A receipt contains only the keyed hash. */
  const residueOf = async ({ marks }: Pick<Person, 'marks'>): Promise<unknown[]> => {
    const items = await (await rawTable(data)).scan();
    const inTable = items.flatMap((item) => marksIn(item, marks, 'an item'));
    const bucket = join(data, 's3');
    const files = existsSync(bucket)
      ? readdirSync(bucket, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      : [];
    const inFiles = files.flatMap((entry) =>
      marksIn(readFileSync(join(entry.parentPath, entry.name)), marks, entry.name),
    );
    return [...inTable, ...inFiles];
  };
  const receiptOf = async (erasureId: string) => (await call('GET', `/v1/erasures/${erasureId}`)).body;
  const erase = ({ consumerId }: Person) => call('DELETE', `/v1/consumers/${consumerId}`, { confirm: consumerId });
  return { person, suffixOf, record, busy, residueOf, receiptOf, erase };
};
