/** Lots of points: the order in which debits take them, and what is given back to them. */
import type { Lot, LotIdentity, Part } from './account.ts';

/** Unlimited last: no expiry sorts behind every instant. */
const NEVER = '~';

/** Earliest expiry first, unlimited last, then the oldest. */
export function inOrderOfTaking(one: LotIdentity, other: LotIdentity): number {
  return (
    compared(one.expiresAt ?? NEVER, other.expiresAt ?? NEVER) ||
    compared(one.earnedAt, other.earnedAt) ||
    compared(one.lotId, other.lotId)
  );
}
const compared = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export interface Taken {
  lots: Lot[];
  parts: Part[];
}

/** Takes points in order, from `first` before all others. There must be as many. */
export function taken(lots: readonly Lot[], points: number, first?: string): Taken {
  const parts: Part[] = [];
  let left = points;
  const from = first === undefined ? lots : [...lots].sort((a, b) => rankOf(a, first) - rankOf(b, first));
  for (const { remaining, ...identity } of from) {
    if (left === 0) break;
    const part = Math.min(left, remaining);
    parts.push({ ...identity, points: part });
    left -= part;
  }
  if (left > 0) throw new RangeError('lots do not hold what the balance says');
  return { lots: withoutParts(lots, parts), parts };
}
const rankOf = ({ lotId }: Lot, first: string): number => (lotId === first ? 0 : 1);

/** Gives parts back to their lots, which open again where they were used up. */
export function given(lots: readonly Lot[], parts: readonly Part[]): Lot[] {
  const open = new Map(lots.map((lot) => [lot.lotId, lot]));
  for (const { points, ...identity } of parts) {
    const { remaining } = open.get(identity.lotId) ?? { remaining: 0 };
    if (points > 0) open.set(identity.lotId, { ...identity, remaining: remaining + points });
  }
  return [...open.values()].sort(inOrderOfTaking);
}

/** The lots without these parts of them. */
export function withoutParts(lots: readonly Lot[], parts: readonly Part[]): Lot[] {
  const byLot = new Map(parts.map(({ lotId, points }) => [lotId, points]));
  return lots
    .map((lot) => ({ ...lot, remaining: lot.remaining - (byLot.get(lot.lotId) ?? 0) }))
    .filter(({ remaining }) => remaining > 0);
}

/** Splits parts in two: the first `points` of them in order of taking, and the rest. */
export function split(parts: readonly Part[], points: number): [Part[], Part[]] {
  const [one, other]: [Part[], Part[]] = [[], []];
  let left = points;
  for (const part of [...parts].sort(inOrderOfTaking)) {
    const first = Math.min(left, part.points);
    if (first > 0) one.push({ ...part, points: first });
    if (part.points > first) other.push({ ...part, points: part.points - first });
    left -= first;
  }
  return [one, other];
}
