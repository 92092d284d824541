/** Endpoints of consent over a memory store. */
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { RecordOf } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type ApiResponse, type Body, namedClient } from './client.ts';
import { depsOn, NOW } from './events.ts';
import type { Sent } from './http-event.ts';
import { joined } from './loyalty-program.ts';
import type { OperationId } from './published-answers.ts';
import { shop } from './shop.ts';

const operations = {
  list: 'consent.list',
  mayContact: 'consent.mayContact',
  receiveSms: 'consent.receiveSms',
  record: 'consent.record',
  recordEvent: 'events.record',
} as const satisfies Record<string, OperationId>;
type Other = Omit<Sent, 'body' | 'params' | 'query'>;

export const consents = (store: Store = memoryStore()) => {
  const { call: callShop } = shop(store);
  const call = namedClient(operations, depsOn(store), { now: NOW });
  const statement = { channel: 'sms', state: 'granted', source: 'form', method: 'ticked' };
  return {
    store,
    /** Creates a consumer with an email and a phone. */
    born: async (consumerId: string, other: Partial<RecordOf<'profile'>> = {}) => {
      const phone = '+447911123456';
      await joined(store, consumerId, { email: `${consumerId}@example.com`, phone, ...other });
      await store.commit([
        { put: { kind: 'contact', channel: 'phone', contact: phone, consumerId }, expect: 'anything' },
      ]);
      return consumerId;
    },
    say: (consumerId: string, body: object = {}, other: Other = {}) =>
      call('record', { params: { consumerId }, body: { ...statement, ...body }, ...other }),
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

/** Channel, purpose and state of each statement in a response. */
export const statementsOf = ({ body }: ApiResponse): string[] =>
  body.items.map(({ channel, purpose, state }: Body) => `${channel} ${purpose} ${state}`);
