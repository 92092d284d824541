/** Lists the brand advocates. */
import type { Activity } from '../../domain/advocates/settings.ts';
import type { Instant } from '../../domain/facts.ts';
import { quantity } from '../../domain/rounding.ts';
import type { Store } from '../ports/store.ts';

export interface ListedAdvocate {
  rank: number;
  consumerId: string;
  fullName: string | null;
  score: number;
  activities: { type: Activity; count: number; points: number }[];
}

/** The last ranking without consumers that have been removed since. `computedAt` is null before the first ranking. */
export const listAdvocates = async (store: Store): Promise<{ computedAt: Instant | null; items: ListedAdvocate[] }> => {
  const [record] = await store.get([{ kind: 'advocates' }]);
  const items = (record?.items ?? []).map(({ consumerId, fullName, score, activities }, place) => ({
    rank: place + 1,
    consumerId,
    fullName,
    score: quantity(score),
    activities: activities.map(({ type, count, points }) => ({ type, count, points: quantity(points) })),
  }));
  return { computedAt: record?.computedAt ?? null, items };
};
