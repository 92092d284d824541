/** Consumers who say what may be done, over a store in memory, called as the gateway calls them. */
import { makeHandler as list } from '../../functions/consent/endpoints/list.ts';
import { makeHandler as mayContact } from '../../functions/consent/endpoints/may-contact.ts';
import { makeHandler as receiveSms } from '../../functions/consent/endpoints/receive-sms.ts';
import { makeHandler as record } from '../../functions/consent/endpoints/record.ts';
import { makeHandler as recordEvent } from '../../functions/events/endpoints/record.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import type { RecordOf } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { depsOn, NOW } from './events.ts';
import { httpEvent, type Sent } from './http-event.ts';
import { joined } from './programme.ts';
import { type Body, shop, type Told } from './shop.ts';

const handlers = { list, mayContact, receiveSms, record, recordEvent };
type Other = Omit<Sent, 'body' | 'params' | 'query'>;

export const consents = (store: Store = memoryStore()) => {
  const { call: callShop } = shop(store);
  const call = async (endpoint: keyof typeof handlers, sent: Sent): Promise<Told> => {
    const handler = handlers[endpoint](depsOn(store)) as unknown as (
      event: object,
      context: object,
    ) => Promise<HttpResult>;
    const event = httpEvent({ now: NOW, path: `/${endpoint}`, ...sent });
    const { statusCode = 0, body, headers = {} } = await handler(event, {});
    return { status: statusCode, body: body === undefined ? undefined : JSON.parse(String(body)), headers };
  };
  const said = { channel: 'sms', state: 'granted', source: 'form', method: 'ticked' };
  return {
    store,
    /** A consumer with an email and a phone. */
    born: async (consumerId: string, other: Partial<RecordOf<'profile'>> = {}) => {
      const phone = '+447911123456';
      await joined(store, consumerId, { email: `${consumerId}@example.com`, phone, ...other });
      await store.commit([
        { put: { kind: 'contact', channel: 'phone', contact: phone, consumerId }, expect: 'anything' },
      ]);
      return consumerId;
    },
    say: (consumerId: string, body: object = {}, other: Other = {}) =>
      call('record', { params: { consumerId }, body: { ...said, ...body }, ...other }),
    history: (consumerId: string, query = '') => call('list', { method: 'GET', params: { consumerId }, query }),
    sms: (text: string, body: object = {}, other: Other = {}) =>
      call('receiveSms', { body: { from: '+447911123456', text, ...body }, scope: 'regulars/admin', ...other }),
    ask: (consumerId: string, query = 'channel=sms', now = NOW) =>
      call('mayContact', { method: 'GET', params: { consumerId }, query, now }),
    messaged: (consumerId: string, attributes: object, occurredAt = NOW, type = 'message_sent') =>
      call('recordEvent', { params: { consumerId }, body: { type, occurredAt, attributes }, now: NOW }),
    visited: (consumerId: string, timezone: string) =>
      call('recordEvent', { params: { consumerId }, body: { type: 'visit', attributes: { geo: { timezone } } } }),
    settings: (document: string, body: object) =>
      callShop('writeSettings', { method: 'PUT', params: { document }, body, scope: 'regulars/admin' }),
    detail: async (consumerId: string): Promise<Body> =>
      (await callShop('read', { method: 'GET', params: { consumerId }, now: NOW })).body,
    profile: async (consumerId: string) => (await store.get([{ kind: 'profile', consumerId }], true))[0],
  };
};

/** Channel, purpose and state of each statement, as the page has them. */
export const statementsOf = ({ body }: Told): string[] =>
  body.items.map(({ channel, purpose, state }: Body) => `${channel} ${purpose} ${state}`);
