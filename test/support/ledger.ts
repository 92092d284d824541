/** Points and what earns them, over a store in memory and called as the gateway calls them. */
import { expect } from '@jest/globals';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type Body, namedClient } from './client.ts';
import { NOW } from './events.ts';
import type { Sent } from './http-event.ts';
import type { OperationId } from './published-answers.ts';
import { shop } from './shop.ts';

const operations = {
  recordEvent: 'events.record',
  recordBatch: 'events.recordBatch',
  listPoints: 'points.list',
  listLots: 'points.listLots',
  postPoints: 'points.post',
  readLiability: 'points.readLiability',
} as const satisfies Record<string, OperationId>;
/** What a call sends beside its body and whom it is about. */
type Other = Omit<Sent, 'body' | 'params'>;

/** A shop with a ledger. */
export const ledger = (store: Store = memoryStore()) => {
  const consumers = shop(store);
  const call = namedClient(operations, consumers.deps, { now: NOW });
  const get = (endpoint: keyof typeof operations, consumerId: string, query = '', now = NOW) =>
    call(endpoint, { method: 'GET', params: { consumerId }, query, now });

  let people = 0;
  /** Somebody who left an email, and so is a member. */
  const member = async (): Promise<string> => {
    people += 1;
    return (await consumers.born({ email: `member${people}@example.com` }, { now: NOW })).consumerId;
  };
  const post = (consumerId: string, body: unknown, other: Other = {}) =>
    call('postPoints', { params: { consumerId }, body, ...other });
  /** As `post`; answers what was posted. */
  const posted = async (consumerId: string, body: unknown, other: Other = {}): Promise<Body> => {
    const told = await post(consumerId, body, other);
    if (told.status !== 201) throw new Error(`nothing was posted: ${JSON.stringify(told.body)}`);
    return told.body;
  };
  const give = (consumerId: string, points: number, expiresAt?: string, now = NOW): Promise<Body> =>
    posted(consumerId, { type: 'add', points, reason: 'gift', ...(expiresAt && { expiresAt }) }, { now });
  const record = (consumerId: string, body: unknown, other: Other = {}) =>
    call('recordEvent', { params: { consumerId }, body, ...other });
  const entries = (consumerId: string, query = '', now = NOW) => get('listPoints', consumerId, query, now);
  const lots = (consumerId: string, now = NOW) => get('listLots', consumerId, '', now);

  /** The whole ledger, oldest entry first. */
  const wholeLedger = async (consumerId: string, now = NOW): Promise<Body[]> => {
    const all: Body[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? 'limit=100' : `limit=100&cursor=${cursor}`;
      const { body } = await entries(consumerId, query, now);
      all.push(...body.items);
      cursor = body.nextCursor;
    }
    return all.reverse();
  };

  /** Balances as the detail shows them; expects that ledger, balances and lots tell the same story. */
  const audited = async (consumerId: string, now = NOW): Promise<Body> => {
    const { points } = (await consumers.detail(consumerId, { now })).body;
    const all = await wholeLedger(consumerId, now);
    expectToAddUp(all);
    const { nextExpiry: _, ...balances } = points;
    expect(balances).toEqual(all.at(-1)?.balances ?? NOTHING);
    const { items } = (await lots(consumerId, now)).body;
    const remaining = Object.fromEntries(items.map((lot: Body) => [lot.lotId, lot.remaining]));
    expect(remaining).toEqual(lotsAfter(all));
    return points;
  };

  const { deps, call: callShop, patch, detail, born } = consumers;
  const set = async (document: string, body: object): Promise<void> => {
    const told = await callShop('writeSettings', { method: 'PUT', params: { document }, body, now: NOW });
    if (told.status !== 200) throw new Error(`the settings were refused: ${JSON.stringify(told.body)}`);
  };
  const shopped = { store, deps, callShop, born, patch, detail, set };
  return { ...shopped, call, member, post, posted, give, record, entries, lots, wholeLedger, audited };
};

const NOTHING = { available: 0, score: 0, spent: 0, pending: 0, reserved: 0, expired: 0 };

/** What one point of an entry does, written from the product's table: available, score, spent, pending, reserved, expired. */
const EFFECTS: Record<string, readonly number[]> = {
  add: [1, 1, 0, 0, 0, 0],
  subtract: [-1, -1, 0, 0, 0, 0],
  spend: [-1, 0, 1, 0, 0, 0],
  add_pending: [0, 0, 0, 1, 0, 0],
  accept: [1, 1, 0, -1, 0, 0],
  reject: [0, 0, 0, -1, 0, 0],
  reserve: [-1, 0, 0, 0, 1, 0],
  capture: [0, 0, 1, 0, -1, 0],
  release: [1, 0, 0, 0, -1, 0],
  expire: [-1, 0, 0, 0, 0, 1],
  reverse: [-1, -1, 0, 0, 0, 0],
};

const expectToAddUp = (entries: readonly Body[]): void => {
  let before = Object.values(NOTHING);
  for (const { type, points, balances } of entries) {
    expect(points).toBeGreaterThan(0);
    const after = before.map((value, n) => value + (EFFECTS[type]?.[n] ?? Number.NaN) * points);
    expect(Object.values(balances)).toEqual(after);
    before = after;
  }
};

/** What the entries left in each lot that they did not empty. */
const lotsAfter = (entries: readonly Body[]): Record<string, number> => {
  const left = new Map<string, number>();
  for (const { type, lots } of entries) {
    const direction = type === 'capture' ? 0 : (EFFECTS[type]?.[0] ?? 0);
    for (const { lotId, points } of lots) left.set(lotId, (left.get(lotId) ?? 0) + direction * points);
  }
  return Object.fromEntries([...left].filter(([, points]) => points !== 0));
};
