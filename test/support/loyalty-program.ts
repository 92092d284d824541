/** Endpoints of the loyalty program over a memory store: points, rewards, challenges, events. */
import { expect } from '@jest/globals';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { balancesOf, EFFECT, LOT_DIRECTION, type Sums } from '../../shared/domain/points/account.ts';
import { scoringOf } from '../../shared/usecases/organization/scoring.ts';
import { openAccount } from '../../shared/usecases/points/accounts.ts';
import type { RecordOf } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type Body, namedClient } from './client.ts';
import { depsOn, NOW } from './events.ts';
import type { Sent } from './http-event.ts';
import type { OperationId } from './published-answers.ts';
import { metricsOf, profileOf } from './records.ts';

const operations = {
  createChallenge: 'challenges.create',
  listChallenges: 'challenges.list',
  listProgress: 'challenges.listProgress',
  readChallenge: 'challenges.read',
  removeChallenge: 'challenges.remove',
  replaceChallenge: 'challenges.replace',
  recordEvent: 'events.record',
  post: 'points.post',
  cancelClaim: 'rewards.cancelClaim',
  claim: 'rewards.claim',
  createReward: 'rewards.create',
  listRewards: 'rewards.list',
  listClaims: 'rewards.listClaims',
  readReward: 'rewards.read',
  removeReward: 'rewards.remove',
  replaceReward: 'rewards.replace',
  readSettings: 'settings.read',
} as const satisfies Record<string, OperationId>;
/** Parts of a request other than its body and path parameters. */
type Other = Omit<Sent, 'body' | 'params'>;

export const loyaltyProgram = (store: Store = memoryStore()) => {
  const deps = depsOn(store);
  const call = namedClient(operations, deps, { now: NOW });
  /** Creates a reward and returns the whole resource. */
  const offered = async (content: object, other: Other = {}): Promise<Body> => {
    const response = await call('createReward', {
      body: { rewardId: 'r1', name: 'Mug', costPoints: 10, ...content },
      ...other,
    });
    if (response.status !== 201) throw new Error(`the reward was refused: ${JSON.stringify(response.body)}`);
    return response.body;
  };
  const reward = async (rewardId = 'r1'): Promise<Body> =>
    (await call('readReward', { method: 'GET', params: { rewardId } })).body;
  const give = (consumerId: string, points: number, expiresAt?: string, other: Other = {}) =>
    call('post', {
      params: { consumerId },
      body: { type: 'add', points, expiresAt, reason: 'r', textKey: 't' },
      ...other,
    });
  const claimed = (consumerId: string, body: object = {}, other: Other = {}) =>
    call('claim', { params: { consumerId }, body: { rewardId: 'r1', ...body }, ...other });
  const cancelled = (consumerId: string, claimId: string, other: Other = {}) =>
    call('cancelClaim', { method: 'DELETE', params: { consumerId, claimId }, ...other });
  /** Creates a member with points that never expire. */
  const member = async (consumerId = 'c1', points = 100): Promise<string> => {
    await joined(store, consumerId);
    if (points > 0) await give(consumerId, points);
    return consumerId;
  };
  return { store, call, offered, reward, give, claimed, cancelled, member };
};

/** Stores a consumer, by default a member of the loyalty program. */
export const joined = async (store: Store, consumerId: string, other: Partial<RecordOf<'profile'>> = {}) => {
  const { membership, ...rest }: Partial<RecordOf<'profile'>> = { membership: 'opted_in', ...other };
  const scoringVersion = scoringOf(undefined).version;
  await store.commit([
    { put: profileOf(consumerId, { membership, ...rest }), expect: 'absent' },
    { put: metricsOf(consumerId, { membership, scoringVersion }), expect: 'absent' },
  ]);
};

const NOTHING: Sums = { score: 0, spent: 0, pending: 0, reserved: 0, expired: 0 };

/** The consumer's account and ledger. Expects the account to equal a replay of the ledger, lot by lot. */
export const booksOf = async (store: Store, consumerId: string) => {
  const [record] = await store.get([{ kind: 'account', consumerId }], true);
  const { account } = await openAccount(store, consumerId, record);
  const entries = await ledgerOf(store, consumerId);
  const sums = entries.reduce(withEntry, NOTHING);
  const inLots = new Map<string, number>();
  for (const { type, parts } of entries) {
    for (const { lotId, points } of parts) {
      inLots.set(lotId, (inLots.get(lotId) ?? 0) + LOT_DIRECTION[type] * points);
    }
  }
  const open = [...inLots].filter(([, points]) => points !== 0).sort();
  expect(balancesOf(account)).toEqual(balancesOf(sums));
  expect(account.lots.map(({ lotId, remaining }) => [lotId, remaining]).sort()).toEqual(open);
  return { account, entries, balances: balancesOf(account) };
};

const withEntry = (sums: Sums, { type, points }: RecordOf<'entry'>): Sums => {
  const effect = EFFECT[type];
  const names = Object.keys(NOTHING) as (keyof Sums)[];
  return Object.fromEntries(names.map((name) => [name, sums[name] + effect[name] * points])) as unknown as Sums;
};

/** The whole ledger, oldest entry first. */
const ledgerOf = async (store: Store, consumerId: string): Promise<RecordOf<'entry'>[]> => {
  const entries: RecordOf<'entry'>[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await store.ledgerOf(consumerId, { limit: 100, cursor: cursor ?? undefined });
    entries.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return entries.reverse();
};

export const rewardsStateOf = async (store: Store, consumerId: string) =>
  (await store.get([{ kind: 'rewardsState', consumerId }], true))[0];
