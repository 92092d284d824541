/** Earning in one line, to write tables of it. */
import type { ConsumerEvent, JsonObject } from '../../../shared/domain/facts.ts';
import { type Earned, type EarningTerms, earn, type OrderAward } from '../../../shared/domain/points/awards.ts';
import { caughtUp } from '../../../shared/domain/points/passing-of-time.ts';
import type { Books } from '../../../shared/domain/points/posting.ts';
import { type EarningRule, modulesSchema } from '../../../shared/domain/points/settings.ts';
import { event } from '../metrics/histories.ts';
import { clerk, noBooks } from './books.ts';

export const NOW = '2026-03-01T12:00:00.000Z';
export const termsOf = (rules: readonly EarningRule[], terms: Partial<EarningTerms> = {}): EarningTerms => ({
  rules,
  modules: modulesSchema.parse({}),
  refundPolicy: 'within_balance',
  isMember: true,
  memberships: { segments: new Set(), lists: new Set() },
  currencyDigits: 2,
  timezone: 'UTC',
  ...terms,
});

export const orderOf = (totalMinor: number, attributes: JsonObject = {}, at = NOW): ConsumerEvent =>
  event('order_placed', at, { orderId: 'o1', totalMinor, ...attributes });

export interface Earnt {
  books: Books;
  earned: (Earned | null)[];
  awards: OrderAward[];
}
/** All of the events, each recorded when it happened, or at `now`. */
export function earnt(terms: EarningTerms, events: readonly ConsumerEvent[], now?: string): Earnt {
  const all: Earnt = { books: noBooks, earned: [], awards: [] };
  for (const one of events) {
    const at = now ?? one.occurredAt;
    const { books, earned, awards } = earn(caughtUp(all.books, clerk, at), clerk, terms, one, at);
    all.books = books;
    all.earned.push(earned);
    all.awards.push(...awards);
  }
  return all;
}
