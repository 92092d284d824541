/** Rewards as staff keep them. */
import type { Instant } from '../../domain/facts.ts';
import type { Reward } from '../../domain/points/rewards.ts';
import { Refusal } from '../../domain/refusal.ts';
import { retrying } from '../common/retrying.ts';
import { withRevision } from '../organization/catalogue.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

export type RewardShown = Reward & {
  /** What is left now; null: no end. */
  stock: number | null;
  /** How many claims stand. */
  claimed: number;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
};
/** What staff say about a reward. */
export type RewardContent = Omit<Reward, 'rewardId'> & { stock: number | null };

type RewardRecord = RecordOf<'reward'>;
type StockRecord = RecordOf<'stock'>;

/**
 * Throws `Refusal('id_taken')`. Claims of an earlier reward with this id stand, and count; versions go on from its own, so
 * that nobody takes the one for the other.
 */
export const createReward = (
  deps: Deps,
  { rewardId: chosen, content, now }: { rewardId?: string | undefined; content: RewardContent; now: Instant },
  commit: Commit,
): Promise<RewardShown> => {
  const rewardId = chosen ?? deps.newId(now);
  const first = (before: RewardRecord | undefined, stock: StockRecord | undefined) => {
    if (before) throw new Refusal('id_taken', 'There is a reward with this id.');
    return { version: (stock?.version ?? 0) + 1, createdAt: now };
  };
  return written(deps, { rewardId, content, now }, first, commit);
};

export interface RewardTarget {
  rewardId: string;
  /** The version of the reward that the caller has seen; claims don't move it. */
  ifMatch?: number | undefined;
}

/** Replaces all of it; `stock` is what is left from now on. Throws `Refusal` `not_found` and `version_conflict`. */
export const replaceReward = (
  deps: Deps,
  { content, now, ...target }: RewardTarget & { content: RewardContent; now: Instant },
  commit: Commit,
): Promise<RewardShown> => {
  const next = (before: RewardRecord | undefined) => {
    const { version, createdAt } = asSeen(before, target);
    return { version: version + 1, createdAt };
  };
  return written(deps, { rewardId: target.rewardId, content, now }, next, commit);
};

/** Claims of it stand, and can be cancelled. Throws `Refusal` `not_found` and `version_conflict`. */
export const removeReward = (deps: Deps, target: RewardTarget, commit: Commit): Promise<null> => {
  let attempted = false;
  return retrying(deps, async () => {
    const [reward, stock] = await read(deps.store, target.rewardId);
    // An attempt before took effect unnoticed, or another one was faster.
    if (attempted && reward === undefined) return null;
    const { kind, rewardId, version } = asSeen(reward, target);
    attempted = true;
    return commit(
      [{ remove: { kind, rewardId }, expect: { version } }, stockWrite(stock, { ...stockIn(stock), left: 0 })],
      null,
    );
  });
};

/** Throws `Refusal('not_found')`. */
export const readReward = async (store: Store, rewardId: string): Promise<RewardShown> => {
  const [reward, stock] = await read(store, rewardId);
  return shown(asSeen(reward, {}), stockIn(stock));
};

/** In the order of their ids. Throws `Refusal('invalid_cursor')`. */
export const listRewards = async (store: Store, page: PageRequest): Promise<Page<RewardShown>> => {
  const { items, nextCursor } = await store.rewards(page);
  const keys = items.map(({ rewardId }) => ({ kind: 'stock', rewardId }) as const);
  const stocks = await store.get(keys, true);
  return { items: items.map((reward, index) => shown(reward, stockIn(stocks[index]))), nextCursor };
};

/** A reward is never without it. */
export const stockIn = (stock: StockRecord | undefined): StockRecord => {
  if (stock === undefined) throw new TypeError('a reward without its stock');
  return stock;
};

const keysOf = (rewardId: string) =>
  [
    { kind: 'reward', rewardId },
    { kind: 'stock', rewardId },
  ] as const;

const read = (store: Store, rewardId: string) => store.get(keysOf(rewardId), true);

const asSeen = (reward: RewardRecord | undefined, { ifMatch }: Pick<RewardTarget, 'ifMatch'>): RewardRecord => {
  if (reward === undefined) throw new Refusal('not_found', 'There is no reward with this id.');
  if (ifMatch !== undefined && ifMatch !== reward.version) {
    throw new Refusal('version_conflict', `The reward is at version ${reward.version}, not ${ifMatch}.`);
  }
  return reward;
};

/** Writes the reward with its stock. An attempt that took effect unnoticed is not made again: claims may have followed. */
const written = (
  deps: Deps,
  { rewardId, content: asked, now }: { rewardId: string; content: RewardContent; now: Instant },
  stamp: (
    before: RewardRecord | undefined,
    stock: StockRecord | undefined,
  ) => Pick<RewardRecord, 'version' | 'createdAt'>,
  commit: Commit,
): Promise<RewardShown> => {
  const { stock: left, ...content } = asked;
  const editId = deps.newId(now);
  return retrying(deps, async () => {
    const [before, stock, settings] = await deps.store.get([...keysOf(rewardId), { kind: 'settings' }], true);
    if (before?.editId === editId) return shown(before, stockIn(stock));
    const stamped = { ...stamp(before, stock), updatedAt: now, editId };
    const put: RewardRecord = { kind: 'reward', rewardId, ...content, ...stamped };
    const stockAfter = { rewardId, left, claimed: stock?.claimed ?? 0 };
    const write: Write = { put, expect: before ? { version: before.version } : 'absent' };
    return commit([write, stockWrite(stock, stockAfter), ...bindingWrites(put, settings)], shown(put, stockAfter));
  });
};

/** Who deletes a segment or a list under the settings' version deletes none that a reward came to be bound to meanwhile. */
const bindingWrites = ({ audience }: RewardRecord, settings: RecordOf<'settings'> | undefined): Write[] =>
  audience.segments.length + audience.lists.length === 0
    ? []
    : [{ put: withRevision(settings), expect: settings ? { version: settings.version } : 'absent' }];

/** The write that replaces the stock as it was read. */
const stockWrite = (
  before: StockRecord | undefined,
  { rewardId, left, claimed }: Omit<StockRecord, 'kind' | 'version'>,
): Write => ({
  put: { kind: 'stock', rewardId, version: (before?.version ?? 0) + 1, left, claimed },
  expect: before ? { version: before.version } : 'absent',
});

const shown = (reward: RewardRecord, { left, claimed }: Pick<StockRecord, 'left' | 'claimed'>): RewardShown => {
  const { kind: _kind, editId: _editId, ...rest } = reward;
  return { ...rest, stock: left, claimed };
};
