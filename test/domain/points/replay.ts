/** A ledger read from its beginning: what its entries alone say about balances, lots and holds. */
import type { Account, Balances, Entry, EntryType, Lot } from '../../../shared/domain/points/account.ts';
import { instantOfEntry } from '../../../shared/domain/points/ids.ts';

/** The product page's table of operations: what each does to score, available, spent, pending, reserved, expired. */
export const SIGNS: Record<EntryType, [number, number, number, number, number, number]> = {
  add: [+1, +1, 0, 0, 0, 0],
  subtract: [-1, -1, 0, 0, 0, 0],
  spend: [0, -1, +1, 0, 0, 0],
  add_pending: [0, 0, 0, +1, 0, 0],
  accept: [+1, +1, 0, -1, 0, 0],
  reject: [0, 0, 0, -1, 0, 0],
  reserve: [0, -1, 0, 0, +1, 0],
  capture: [0, 0, +1, 0, -1, 0],
  release: [0, +1, 0, 0, -1, 0],
  expire: [0, -1, 0, 0, 0, +1],
  reverse: [-1, -1, 0, 0, 0, 0],
  return: [0, +1, -1, 0, 0, 0],
};
/** Which of them fill lots, and which empty them: as it is with what is available. */
export const FLOW = Object.fromEntries(
  Object.entries(SIGNS).map(([type, [, available]]) => [type, available]),
) as Record<EntryType, number>;
const OPENS: ReadonlySet<EntryType> = new Set(['add_pending', 'reserve']);
const CLOSES: ReadonlySet<EntryType> = new Set(['accept', 'reject', 'capture', 'release']);

export interface Replayed {
  balances: Balances;
  lots: Map<string, Lot>;
  held: Map<string, number>;
  /** What is wrong with the entries themselves. */
  faults: string[];
  last: Entry | null;
}

export const replayed = (): Replayed => ({
  balances: { available: 0, score: 0, spent: 0, pending: 0, reserved: 0, expired: 0 },
  lots: new Map(),
  held: new Map(),
  faults: [],
  last: null,
});

/** Reads one more entry. */
export function replay(ledger: Replayed, entry: Entry): void {
  const { type, points, parts, entryId, at } = entry;
  const before = ledger.balances;
  const [score, available, spent, pending, reserved, expired] = SIGNS[type].map((sign) => sign * points);
  ledger.balances = {
    available: before.available + (available ?? Number.NaN),
    score: before.score + (score ?? Number.NaN),
    spent: before.spent + (spent ?? Number.NaN),
    pending: before.pending + (pending ?? Number.NaN),
    reserved: before.reserved + (reserved ?? Number.NaN),
    expired: before.expired + (expired ?? Number.NaN),
  };
  const moved = parts.reduce((sum, part) => sum + part.points, 0);
  const fault = (what: string) => ledger.faults.push(`${type} ${entryId}: ${what}`);
  if (JSON.stringify(ledger.balances) !== JSON.stringify(entry.balances)) fault('balances do not follow');
  if (moved !== movedBy(entry, before.available)) fault(`parts add up to ${moved}`);
  if (points <= 0 || parts.some((part) => part.points <= 0)) fault('moves nothing');
  if (parts.some((part) => instantOfEntry(part.lotId) !== part.earnedAt)) fault('a lot’s id tells another instant');
  if (ledger.last && ledger.last.entryId >= entryId) fault('id does not ascend');
  if (ledger.last && ledger.last.at > at) fault('goes back in time');
  move(ledger, entry);
  ledger.last = entry;
}

function move({ lots, held }: Replayed, { type, points, parts, about }: Entry): void {
  const sign = FLOW[type];
  for (const { points: part, ...lot } of sign === 0 ? [] : parts) {
    const remaining = (lots.get(lot.lotId)?.remaining ?? 0) + sign * part;
    if (remaining === 0) lots.delete(lot.lotId);
    else lots.set(lot.lotId, { ...lot, remaining });
  }
  const holdId = about.holdId ?? '';
  if (OPENS.has(type)) held.set(holdId, points);
  if (!CLOSES.has(type)) return;
  const left = (held.get(holdId) ?? Number.NaN) - points;
  if (left === 0) held.delete(holdId);
  else held.set(holdId, left);
}

/** What should have moved in or out of lots: of what comes in, a debt swallows its part. */
function movedBy({ type, points }: Entry, availableBefore: number): number {
  if (type === 'add_pending' || type === 'reject') return 0;
  if (type === 'reverse') return Math.min(points, Math.max(0, availableBefore));
  return FLOW[type] > 0 ? Math.max(0, points - Math.max(0, -availableBefore)) : points;
}

/** The same of an account, to compare. */
export const shown = ({ lots, holds }: Pick<Account, 'lots' | 'holds'>) => ({
  lots: [...lots].sort((a, b) => (a.lotId < b.lotId ? -1 : 1)),
  held: holds.map(({ holdId, points }) => [holdId, points]).sort(),
});
export const shownAgain = ({ lots, held }: Replayed) => ({
  lots: [...lots.values()].sort((a, b) => (a.lotId < b.lotId ? -1 : 1)),
  held: [...held].sort(),
});
