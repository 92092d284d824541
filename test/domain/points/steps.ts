/** Random histories of an account, each step taken by the ledger and by the model. */
import fc from 'fast-check';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';
import type { Hold, Part } from '../../../shared/domain/points/account.ts';
import { emptyAccount } from '../../../shared/domain/points/account.ts';
import { caughtUp, nextChangeAt } from '../../../shared/domain/points/passing-of-time.ts';
import {
  accept,
  add,
  addPending,
  type Books,
  capture,
  debit,
  giveBack,
  opened,
  type PostingContext,
  reject,
  release,
  reserve,
  reverse,
} from '../../../shared/domain/points/posting.ts';
import { Refusal } from '../../../shared/domain/refusal.ts';
import { PointsModel } from './model.ts';

export const LADDER = [
  { tierId: 'silver', name: 'Silver', threshold: 8 },
  { tierId: 'gold', name: 'Gold', threshold: 20 },
];
export const clerk: PostingContext = { ladder: LADDER, mark: 'MARK0000', actor: 'staff' };
export const START_MS = Date.UTC(2026, 0, 1);
/** Few instants, so that much falls on the same one. */
const STEP_MS = 12 * 3_600_000;
const DAY_STEPS = 2;

export type Step = { skewSteps: number } & (
  | { kind: 'wait'; ms: number }
  | { kind: 'wait_onto'; shortMs: number }
  | { kind: 'add'; points: number; expires: number | null }
  | { kind: 'subtract'; points: number }
  | { kind: 'spend'; points: number }
  | { kind: 'add_pending'; points: number; expires: number | null; days: number | null; settles: number | null }
  | { kind: 'reserve'; points: number; settles: number }
  | { kind: 'accept' | 'reject' | 'capture' | 'release'; which: number; points: number | null }
  | { kind: 'reverse'; points: number; lot: number | null; policy: 'within_balance' | 'debt' }
  | { kind: 'give_back'; which: number }
);

const points = fc.integer({ min: 1, max: 9 });
const ahead = fc.integer({ min: 1, max: 9 });
const which = fc.nat({ max: 9 });
const kind = <const K extends string>(...kinds: K[]) => fc.constantFrom(...kinds);
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
/** In such proportions that accounts have some lots and some holds most of the time. */
const move = fc.oneof(
  weighted(2, fc.record({ kind: kind('wait'), ms: fc.constantFrom(0, 1, STEP_MS - 1, STEP_MS, 2 * STEP_MS) })),
  weighted(1, fc.record({ kind: kind('wait_onto'), shortMs: fc.constantFrom(0, 1) })),
  weighted(6, fc.record({ kind: kind('add'), points, expires: fc.option(ahead) })),
  weighted(2, fc.record({ kind: kind('subtract', 'spend'), points })),
  weighted(
    2,
    fc.record({
      ...{ kind: kind('add_pending'), points, expires: fc.option(ahead), settles: fc.option(ahead) },
      days: fc.option(fc.integer({ min: 1, max: 3 })),
    }),
  ),
  weighted(4, fc.record({ kind: kind('reserve'), points, settles: ahead })),
  weighted(
    6,
    fc.record({ kind: kind('accept', 'reject', 'capture', 'capture', 'release'), which, points: fc.option(points) }),
  ),
  weighted(
    1,
    fc.record({
      ...{ kind: kind('reverse'), points, lot: fc.option(which) },
      policy: fc.constantFrom('within_balance' as const, 'within_balance' as const, 'debt' as const),
    }),
  ),
  weighted(1, fc.record({ kind: kind('give_back'), which })),
);
/** Servers' clocks differ: now and then one is behind. */
const skewSteps = fc.oneof(
  { weight: 9, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
);
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(skewSteps, move).map(([skewSteps, move]) => ({ skewSteps, ...move }) as Step),
  { maxLength: 50, size: 'max' },
);

/** One account, kept by both. */
export class Ledger {
  books: Books = opened(emptyAccount());
  readonly model = new PointsModel();
  nowMs = START_MS;
  /** Whether anything could have left a debt. */
  mayOwe = false;
  /** Of every lot that was ever made, in the model's order. */
  readonly #lotIds: string[] = [];
  /** Of everything that was spent; null once it was given back. */
  readonly #spendings: (readonly Part[] | null)[] = [];
  #seen = 0;

  take(step: Step): void {
    if (step.kind === 'wait') this.nowMs += step.ms;
    if (step.kind === 'wait_onto') this.nowMs = this.#nextMs() - step.shortMs;
    const ms = this.nowMs - step.skewSteps * STEP_MS;
    this.#pass(ms);
    this.#act(step, ms);
    this.#pass(ms);
  }

  #nextMs(): number {
    const next = nextChangeAt(this.books.account);
    return Math.max(this.nowMs + 1, next === null ? 0 : msOf(next));
  }

  #pass(ms: number): void {
    this.#post(caughtUp(this.books, clerk, instantOf(ms)));
    this.model.passUntil(ms);
  }

  #act(step: Step, ms: number): void {
    const { books, model } = this;
    const at = instantOf(ms);
    if (step.kind === 'add') {
      const { points, expires } = step;
      this.#post(add(books, clerk, { at, points, expiresAt: instantAhead(ms, expires) }));
      model.add(ms, points, msAhead(ms, expires));
    } else if (step.kind === 'subtract' || step.kind === 'spend') {
      const { kind: type, points } = step;
      if (!this.#isRefused(points, () => debit(books, clerk, { at, type, points }))) model[type](ms, points);
    } else if (step.kind === 'reserve') {
      const { points, settles } = step;
      const opening = { at, points, holdId: null, settlesAt: instantOf(msAhead(ms, settles)) };
      if (this.#isRefused(points, () => reserve(books, clerk, opening))) return;
      model.reserve(ms, points, this.#lastId(), msAhead(ms, settles));
    } else if (step.kind === 'reverse') this.#reverse(step, ms);
    else if (step.kind === 'give_back') this.#giveBack(step, ms);
    else if (step.kind === 'add_pending') this.#addPending(step, ms);
    else if (step.kind !== 'wait' && step.kind !== 'wait_onto') this.#settle(step, ms);
  }

  #addPending(step: Extract<Step, { kind: 'add_pending' }>, ms: number): void {
    const { points, expires, days, settles } = step;
    const terms = { expiresAt: instantAhead(ms, expires), expiresAfterDays: days, orderId: null, holdId: null };
    const opening = { at: instantOf(ms), points, settlesAt: instantAhead(ms, settles), ...terms };
    this.#post(addPending(this.books, clerk, opening));
    this.model.addPending(ms, points, {
      holdId: this.#lastId(),
      settlesMs: msAhead(ms, settles),
      expiryMs: (acceptedMs) => (days === null ? msAhead(ms, expires) : msAhead(acceptedMs, days * DAY_STEPS)),
    });
  }

  #settle(step: Extract<Step, { kind: 'accept' | 'reject' | 'capture' | 'release' }>, ms: number): void {
    const wanted = step.kind === 'accept' || step.kind === 'reject' ? 'pending' : 'reserved';
    const holds = this.books.account.holds.filter((hold) => hold.kind === wanted);
    const hold: Hold | undefined = holds[step.which % holds.length];
    if (!hold) return;
    const points = Math.min(step.points ?? hold.points, hold.points);
    const saying = { at: instantOf(ms), points };
    if (hold.kind === 'pending') {
      this.#post((step.kind === 'accept' ? accept : reject)(this.books, clerk, { ...saying, hold }));
    } else {
      this.#post((step.kind === 'capture' ? capture : release)(this.books, clerk, { ...saying, hold }));
    }
    this.model[step.kind](ms, hold.holdId, points);
  }

  #reverse({ points, lot, policy }: Extract<Step, { kind: 'reverse' }>, ms: number): void {
    const serial = lot === null || this.#lotIds.length === 0 ? null : lot % this.#lotIds.length;
    const lotId = serial === null ? null : (this.#lotIds[serial] ?? null);
    this.mayOwe ||= policy === 'debt';
    this.#post(reverse(this.books, clerk, { at: instantOf(ms), points, lotId, policy }));
    this.model.reverse(ms, points, serial, policy);
  }

  #giveBack({ which }: Extract<Step, { kind: 'give_back' }>, ms: number): void {
    const spending = which % this.#spendings.length;
    const parts = this.#spendings[spending];
    if (!parts) return;
    this.#spendings[spending] = null;
    this.#post(giveBack(this.books, clerk, { at: instantOf(ms), parts }));
    this.model.giveBack(ms, spending);
  }

  /** Refused exactly where there is not enough. */
  #isRefused(points: number, post: () => Books): boolean {
    const isShort = points > Math.max(0, this.model.available);
    try {
      this.#post(post());
    } catch (error) {
      if (isShort && error instanceof Refusal && error.code === 'insufficient_points') return true;
      throw error;
    }
    if (isShort) throw new Error(`${points} points were not refused`);
    return false;
  }

  #post(books: Books): void {
    this.books = books;
    for (const { type, entryId, parts } of books.entries.slice(this.#seen)) {
      if (type === 'add' || type === 'accept') this.#lotIds.push(entryId);
      if (type === 'spend' || type === 'capture') this.#spendings.push(parts);
    }
    this.#seen = books.entries.length;
  }

  #lastId(): string {
    return this.books.entries.at(-1)?.entryId ?? '';
  }
}

const msAhead = (ms: number, ahead: number | null): number =>
  ahead === null ? Number.POSITIVE_INFINITY : ms + ahead * STEP_MS;
const instantAhead = (ms: number, ahead: number | null) => (ahead === null ? null : instantOf(msAhead(ms, ahead)));
