/** Rewards as staff keep them. */
import type { Instant } from '../../domain/facts.ts';
import type { Reward } from '../../domain/points/rewards.ts';
import { Refusal } from '../../domain/refusal.ts';
import { found, putWrite, removeOnce, saveOnce } from '../common/edits.ts';
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
  return saveReward(deps, { rewardId, content, now }, first, commit);
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
    const { version, createdAt } = found('reward', before, target.ifMatch);
    return { version: version + 1, createdAt };
  };
  return saveReward(deps, { rewardId: target.rewardId, content, now }, next, commit);
};

/** Claims of it stand, and can be cancelled. Throws `Refusal` `not_found` and `version_conflict`. */
export const removeReward = (deps: Deps, target: RewardTarget, commit: Commit): Promise<null> =>
  removeOnce(
    deps,
    () => read(deps.store, target.rewardId),
    ([reward]) => reward === undefined,
    async ([reward, stock]) => {
      const { kind, rewardId, version } = found('reward', reward, target.ifMatch);
      const remove: Write = { remove: { kind, rewardId }, expect: { version } };
      return commit([remove, stockWrite(stock, { ...stockIn(stock), left: 0 })], null);
    },
  );

/** Throws `Refusal('not_found')`. */
export const readReward = async (store: Store, rewardId: string): Promise<RewardShown> => {
  const [reward, stock] = await read(store, rewardId);
  return shown(found('reward', reward), stockIn(stock));
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

/** Saves the reward with its stock. A committed edit is never repeated, because claims may have followed it. */
const saveReward = (
  deps: Deps,
  { rewardId, content: asked, now }: { rewardId: string; content: RewardContent; now: Instant },
  stamp: (
    before: RewardRecord | undefined,
    stock: StockRecord | undefined,
  ) => Pick<RewardRecord, 'version' | 'createdAt'>,
  commit: Commit,
): Promise<RewardShown> => {
  const { stock: left, ...content } = asked;
  return saveOnce(deps, now, {
    read: () => deps.store.get([...keysOf(rewardId), { kind: 'settings' }], true),
    committed: ([before, stock], editId) => (before?.editId === editId ? shown(before, stockIn(stock)) : undefined),
    save: ([before, stock, settings], editId) => {
      const stamped = { ...stamp(before, stock), updatedAt: now, editId };
      const put: RewardRecord = { kind: 'reward', rewardId, ...content, ...stamped };
      const stockAfter = { rewardId, left, claimed: stock?.claimed ?? 0 };
      const writes = [putWrite(before, put), stockWrite(stock, stockAfter), ...bindingWrites(put, settings)];
      return commit(writes, shown(put, stockAfter));
    },
  });
};

/** Who deletes a segment or a list under the settings' version deletes none that a reward came to be bound to meanwhile. */
const bindingWrites = ({ audience }: RewardRecord, settings: RecordOf<'settings'> | undefined): Write[] =>
  audience.segments.length + audience.lists.length === 0 ? [] : [putWrite(settings, withRevision(settings))];

/** The write that replaces the stock as it was read. */
const stockWrite = (
  before: StockRecord | undefined,
  { rewardId, left, claimed }: Omit<StockRecord, 'kind' | 'version'>,
): Write => putWrite(before, { kind: 'stock', rewardId, version: (before?.version ?? 0) + 1, left, claimed });

const shown = (reward: RewardRecord, { left, claimed }: Pick<StockRecord, 'left' | 'claimed'>): RewardShown => {
  const { kind: _kind, editId: _editId, ...rest } = reward;
  return { ...rest, stock: left, claimed };
};
