/**
 * What events earn, by the rules in force, and what refunds take back, by the rule as it was when it earned. An award is
 * posted in the event's own transaction.
 */
import type { ConsumerEvent, Instant, OrderState } from '../facts.ts';
import { DAY_MS, msOf, plusDays } from '../instants.ts';
import { offsetMsAt } from '../timezones.ts';
import type { Account, Given, PendingHold } from './account.ts';
import { isInAudience, type Memberships } from './audience.ts';
import { accept, add, addPending, type Books, expiryAfter, type PostingContext, reject, reverse } from './posting.ts';
import {
  type EarningRule,
  MODULE_OF_EVENT,
  MOST_POINTS,
  type Modules,
  RATE_DECIMALS,
  type RefundPolicy,
} from './settings.ts';

/** Why a rule for this type of event gave nothing. */
export type Skipped = 'module_off' | 'not_member' | 'not_in_audience' | 'cap_per_day' | 'cap_per_month';
/** What an event earned; absent from its answer where no rule is about its type. */
export interface Earned {
  /** Points that are there at once. */
  awarded: number;
  /** Points that wait. */
  pending: number;
  skipped?: { ruleId: string; reason: Skipped }[];
}
/** What one rule gave for an order, and how much of it was taken back. */
export interface OrderAward {
  ruleId: string;
  points: number;
  /** Of points that were there at once. */
  lotId: string | null;
  /** Of points that had to wait; of the lot that they end in, too. */
  holdId: string | null;
  taken: number;
}
export interface EarningTerms {
  rules: readonly EarningRule[];
  modules: Modules;
  refundPolicy: RefundPolicy;
  isMember: boolean;
  memberships: Memberships;
  /** Digits of the currency's minor unit. */
  currencyDigits: number;
  /** Whose calendar caps are counted in. */
  timezone: string;
}
export interface Earning {
  books: Books;
  earned: Earned | null;
  awards: OrderAward[];
}

/** Days and months that a capped rule remembers for a consumer; what is older than all of them earns nothing more. */
const DAYS_KEPT = 400;
const MONTHS_KEPT = 60;

/** Posts what the event earns now. */
export function earn(
  books: Books,
  clerk: PostingContext,
  terms: EarningTerms,
  event: ConsumerEvent,
  now: Instant,
): Earning {
  const rules = terms.rules.filter((rule) => rule.event === event.type);
  const earning: Earning = { books, earned: rules.length === 0 ? null : { awarded: 0, pending: 0 }, awards: [] };
  const skipped: Earned['skipped'] = [];
  for (const rule of rules) {
    const reason = refusalOf(rule, terms) ?? award(earning, clerk, terms, rule, event, now);
    if (reason !== null) skipped.push({ ruleId: rule.ruleId, reason });
  }
  if (earning.earned && skipped.length > 0) earning.earned.skipped = skipped;
  return earning;
}

function refusalOf(rule: EarningRule, { modules, isMember, memberships }: EarningTerms): Skipped | null {
  const module = rule.module ?? MODULE_OF_EVENT[rule.event];
  if (module !== undefined && !modules[module]) return 'module_off';
  if (!isMember) return 'not_member';
  return isInAudience(rule.audience, memberships) ? null : 'not_in_audience';
}

/** Posts one rule's award into the earning; says why where a cap leaves nothing of it. */
function award(
  earning: Earning,
  clerk: PostingContext,
  { currencyDigits, timezone }: EarningTerms,
  rule: EarningRule,
  event: ConsumerEvent,
  now: Instant,
): Skipped | null {
  const base = basePoints(rule, event, currencyDigits);
  if (base === 0) return null;
  const { points, given, reason } = capped(rule, base, earning.books.account, calendarOf(event.occurredAt, timezone));
  if (points === 0) return reason;
  const orderId = event.type === 'order_placed' ? String(event.attributes['orderId']) : null;
  const waits = rule.pendingDays !== undefined || (orderId !== null && event.attributes['pending'] === true);
  const about = { eventId: event.eventId, ...(orderId !== null && { orderId }), rule };
  const saying = { at: now, reason: `rule:${rule.ruleId}`, about, points };
  const books = waits
    ? addPending(earning.books, clerk, { ...saying, ...waitingOf(rule, event, now), holdId: null, orderId })
    : add(earning.books, clerk, { ...saying, expiresAt: expiryOf(rule, now) });
  earning.books = { ...books, account: { ...books.account, given } };
  if (earning.earned) earning.earned[waits ? 'pending' : 'awarded'] += points;
  const entryId = books.entries.at(-1)?.entryId ?? '';
  earning.awards.push({
    ruleId: rule.ruleId,
    points,
    lotId: waits ? null : entryId,
    holdId: waits ? entryId : null,
    taken: 0,
  });
  return reason;
}

/** An order that waits for acceptance waits for nothing else. */
const waitingOf = (
  { pendingDays, expiresAfterDays, expiresAfterMonths }: EarningRule,
  event: ConsumerEvent,
  now: Instant,
) => ({
  settlesAt: pendingDays === undefined || event.attributes['pending'] === true ? null : plusDays(now, pendingDays),
  expiresAt: null,
  expiresAfterDays: expiresAfterDays ?? null,
  expiresAfterMonths,
});

const expiryOf = ({ expiresAfterDays, expiresAfterMonths }: EarningRule, now: Instant): Instant | null =>
  expiryAfter({ expiresAt: null, expiresAfterDays: expiresAfterDays ?? null, expiresAfterMonths }, now);

/** Fractions of a point are cut off. In whole numbers: 0.29 · 100 is 29 here, and no order is more than an entry holds. */
function basePoints(rule: EarningRule, event: ConsumerEvent, currencyDigits: number): number {
  if (rule.points !== undefined) return rule.points;
  const rate = BigInt(Math.round((rule.pointsPerMajorUnit ?? 0) * 10 ** RATE_DECIMALS));
  const totalMinor = BigInt(Number(event.attributes['totalMinor'] ?? 0));
  const points = (totalMinor * rate) / 10n ** BigInt(RATE_DECIMALS + currencyDigits);
  return Math.min(MOST_POINTS, Number(points));
}

/** The day and the month of an instant on the organization's calendar, as numbers that sort. */
function calendarOf(at: Instant, timezone: string): { day: number; month: number } {
  const wallMs = msOf(at) + offsetMsAt(timezone, msOf(at));
  const wall = new Date(wallMs);
  return { day: Math.floor(wallMs / DAY_MS), month: wall.getUTCFullYear() * 12 + wall.getUTCMonth() };
}

/** The points that the rule's caps leave, and what it has given with them. */
function capped(
  { ruleId, capPerDay, capPerMonth }: EarningRule,
  base: number,
  { given }: Account,
  { day, month }: { day: number; month: number },
): { points: number; given: Account['given']; reason: Skipped | null } {
  if (capPerDay === undefined && capPerMonth === undefined) return { points: base, given, reason: null };
  const before: Given = given[ruleId] ?? { days: {}, months: {} };
  const ofDay = capPerDay === undefined ? base : leftOf(capPerDay, before.days, day, DAYS_KEPT);
  const ofMonth = capPerMonth === undefined ? base : leftOf(capPerMonth, before.months, month, MONTHS_KEPT);
  const points = Math.min(base, ofDay, ofMonth);
  if (points === base || points > 0) {
    const after = {
      days: capPerDay === undefined ? {} : counted(before.days, day, points, DAYS_KEPT),
      months: capPerMonth === undefined ? {} : counted(before.months, month, points, MONTHS_KEPT),
    };
    return { points, given: { ...given, [ruleId]: after }, reason: null };
  }
  return { points: 0, given, reason: ofDay === 0 ? 'cap_per_day' : 'cap_per_month' };
}

function leftOf(cap: number, counts: Record<string, number>, period: number, kept: number): number {
  const known = Object.keys(counts).map(Number);
  const isForgotten = known.length >= kept && period < Math.min(...known);
  return isForgotten ? 0 : Math.max(0, cap - (counts[period] ?? 0));
}

function counted(counts: Record<string, number>, period: number, points: number, kept: number): Record<string, number> {
  const all: Record<string, number> = { ...counts, [period]: (counts[period] ?? 0) + points };
  const newest = Object.entries(all).sort(([a], [b]) => Number(b) - Number(a));
  return Object.fromEntries(newest.slice(0, kept));
}

/** Settles what waits for an order that was accepted. */
export function acceptAwards(
  books: Books,
  clerk: PostingContext,
  awards: readonly OrderAward[],
  saying: AwardSaying,
): Books {
  let settled = books;
  for (const { holdId } of awards) {
    const hold = openPending(settled.account, holdId);
    if (hold) settled = accept(settled, clerk, { ...saying, hold, points: hold.points });
  }
  return settled;
}

/**
 * Takes back of each award the refunded share of the order, all of it where the order was rejected: so much that, with
 * what was taken before, it is what one refund of the whole sum would have taken, whatever the order of refunds.
 */
export function takeBackAwards(
  books: Books,
  clerk: PostingContext,
  order: OrderState & { awards: readonly OrderAward[] },
  saying: AwardSaying & { policy: RefundPolicy },
): { books: Books; awards: OrderAward[] } {
  let taking = books;
  const awards = order.awards.map((award) => {
    const due = Math.max(0, refundedPoints(award.points, order) - award.taken);
    const hold = openPending(taking.account, award.holdId);
    const fromHold = Math.min(due, hold?.points ?? 0);
    if (hold && fromHold > 0) taking = reject(taking, clerk, { ...saying, hold, points: fromHold });
    const posted = taking.entries.length;
    if (due > fromHold) {
      taking = reverse(taking, clerk, { ...saying, points: due - fromHold, lotId: award.lotId ?? award.holdId });
    }
    const fromBalance = taking.entries[posted]?.points ?? 0;
    return { ...award, taken: award.taken + fromHold + fromBalance };
  });
  return { books: taking, awards };
}

interface AwardSaying {
  at: Instant;
  about: { eventId: string; orderId: string };
}

/** The share of an award that its order's refunds so far call back, half up. Points times minor units outgrow a double. */
function refundedPoints(points: number, { settlement, refundedMinor, totalMinor }: OrderState): number {
  if (settlement?.state === 'rejected') return points;
  if (totalMinor === 0) return 0;
  const whole = BigInt(totalMinor);
  return Number((2n * BigInt(points) * BigInt(refundedMinor) + whole) / (2n * whole));
}

function openPending({ holds }: Account, holdId: string | null): PendingHold | undefined {
  const hold = holds.find((one) => one.holdId === holdId);
  return hold?.kind === 'pending' ? hold : undefined;
}
