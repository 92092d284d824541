/** An order, what it earned, and what becomes of both. */
import type { OrderState } from '../../../shared/domain/facts.ts';
import { balancesOf } from '../../../shared/domain/points/account.ts';
import { acceptAwards, earn, type OrderAward, takeBackAwards } from '../../../shared/domain/points/awards.ts';
import { caughtUp } from '../../../shared/domain/points/passing-of-time.ts';
import { accept, add, type Books, debit, reject } from '../../../shared/domain/points/posting.ts';
import type { EarningRule, RefundPolicy } from '../../../shared/domain/points/settings.ts';
import { clerk, noBooks } from './books.ts';
import { orderOf, termsOf } from './terms.ts';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-03-20T12:00:00.000Z';
export const ABOUT = { eventId: 'e', orderId: 'o1' };

export class Sold {
  books: Books;
  awards: OrderAward[];
  order: OrderState;
  readonly #policy: RefundPolicy;

  constructor(
    rules: readonly EarningRule[],
    totalMinor: number,
    policy: RefundPolicy,
    pending = false,
    before = noBooks,
  ) {
    const event = orderOf(totalMinor, { pending }, AT);
    const { books, awards } = earn(before, clerk, termsOf(rules), event, AT);
    this.books = books;
    this.awards = awards;
    this.#policy = policy;
    const order = { orderId: 'o1', occurredAt: AT, totalMinor, refundedMinor: 0, returned: false };
    this.order = { ...order, settlement: null };
  }

  get balances() {
    return balancesOf(this.books.account);
  }
  get taken(): number[] {
    return this.awards.map(({ taken }) => taken);
  }

  refund(amountMinor: number): void {
    this.order = { ...this.order, refundedMinor: this.order.refundedMinor + amountMinor };
    this.#takeBack();
  }
  rejectOrder(): void {
    this.order = { ...this.order, settlement: { state: 'rejected', at: AT, eventId: 'e' } };
    this.#takeBack();
  }
  acceptOrder(): void {
    this.books = acceptAwards(this.books, clerk, this.awards, { at: AT, about: ABOUT });
  }
  pass(at = LATER): void {
    this.books = caughtUp(this.books, clerk, at);
  }
  spend(points: number): void {
    const most = Math.min(points, Math.max(0, this.balances.available));
    if (most > 0) this.books = debit(this.books, clerk, { at: AT, type: 'spend', points: most });
  }
  add(points: number): void {
    this.books = add(this.books, clerk, { at: AT, points, expiresAt: null });
  }
  /** As a member of staff does it: what is rejected counts as taken back. */
  settleByHand(how: 'accept' | 'reject', points: number): void {
    const hold = this.books.account.holds.find(({ kind }) => kind === 'pending');
    if (hold?.kind !== 'pending') return;
    const some = Math.min(points, hold.points);
    this.books = (how === 'accept' ? accept : reject)(this.books, clerk, { at: AT, hold, points: some });
    if (how === 'accept') return;
    this.awards = this.awards.map((one) => (one.holdId === hold.holdId ? { ...one, taken: one.taken + some } : one));
  }
  #takeBack(): void {
    const order = { ...this.order, awards: this.awards };
    const { books, awards } = takeBackAwards(this.books, clerk, order, { at: AT, about: ABOUT, policy: this.#policy });
    this.books = books;
    this.awards = awards;
  }
}
