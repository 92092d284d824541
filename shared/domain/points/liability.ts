/**
 * What an organization owes its members in points: a sum that each entry of the ledger changes. Nobody is asked for it;
 * an entry that is delivered twice counts once.
 */
import type { Instant } from '../facts.ts';
import { decodedMarks, encodedMarks, unseen } from '../recent-marks.ts';
import { EFFECT, type Entry, LOT_DIRECTION, type Part } from './account.ts';

export interface Liability {
  /** Points in open lots by the month in which they expire, such as `2026-12`, in UTC; `never` for those that don't. */
  byMonth: Record<string, number>;
  reserved: number;
  pending: number;
  /** What members owe: points that a refund took back, and that were spent already. */
  debt: number;
  /** Marks of the entries counted last, the oldest first. */
  recent: string[];
}
/** An entry that came, or one that went with its consumer. */
export interface Movement {
  consumerId: string;
  entry: Pick<Entry, 'entryId' | 'type' | 'points' | 'parts'>;
  isGone: boolean;
}

export const NEVER = 'never';

export const emptyLiability = (): Liability => ({ byMonth: {}, reserved: 0, pending: 0, debt: 0, recent: [] });

/** The liability with these movements; one that is among the recent ones changes nothing. */
export function counted(before: Liability, movements: Iterable<Movement>): Liability {
  const { changes, recent } = unseen(before.recent, movements, nameOf);
  const next: Liability = { ...before, byMonth: { ...before.byMonth }, recent };
  for (const movement of changes) count(next, movement);
  return next;
}

function count(liability: Liability, { entry, isGone }: Movement): void {
  const sign = isGone ? -1 : 1;
  const effect = EFFECT[entry.type];
  const direction = LOT_DIRECTION[entry.type];
  const inLots = entry.parts.reduce((sum, { points }) => sum + points, 0);
  for (const part of direction === 0 ? [] : entry.parts) {
    const month = monthOf(part);
    const points = (liability.byMonth[month] ?? 0) + sign * direction * part.points;
    if (points === 0) delete liability.byMonth[month];
    else liability.byMonth[month] = points;
  }
  liability.reserved += sign * effect.reserved * entry.points;
  liability.pending += sign * effect.pending * entry.points;
  const available = (effect.score - effect.spent - effect.reserved - effect.expired) * entry.points;
  liability.debt += sign * (direction * inLots - available);
}

const monthOf = ({ expiresAt }: Part): string => expiresAt?.slice(0, 'YYYY-MM'.length) ?? NEVER;

const nameOf = ({ consumerId, entry, isGone }: Movement): string => `${consumerId} ${entry.entryId} ${isGone}`;

/** The report: months in their order, those that are past left out, since nothing of them is owed any more. */
export function liabilityShown(liability: Liability, now: Instant) {
  const { byMonth, reserved, pending, debt } = liability;
  const present = now.slice(0, 'YYYY-MM'.length);
  const months = Object.entries(byMonth)
    .filter(([month]) => month !== NEVER && month >= present)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([month, points]) => ({ month, points }));
  const unlimited = byMonth[NEVER] ?? 0;
  const outstanding = months.reduce((sum, { points }) => sum + points, unlimited);
  return { outstanding, byMonth: months, unlimited, reserved, pending, debt };
}

export const encodedLiability = (liability: Liability): string =>
  JSON.stringify({ ...liability, recent: encodedMarks(liability.recent) });

export function decodedLiability(text: string): Liability {
  const stored = JSON.parse(text) as Omit<Liability, 'recent'> & { recent: string };
  return { ...stored, recent: decodedMarks(stored.recent) };
}
