/** Marks of the changes that a sum has counted last, so that one which is delivered again counts once. */
import { sha256 } from './canonical.ts';

/**
 * Changes remembered: the stream has one batch of up to 200 changes on its way per shard, and with ten shards each may
 * come again after all others. 48 bits of a hash each: two of them are the same once in 10¹¹ times.
 */
const RECENT_MARKS = 2_048;
const MARK_LENGTH = 8;

/** The changes that are not among the recent ones, and the marks with theirs, the oldest first. */
export function unseen<T>(
  recent: readonly string[],
  changes: Iterable<T>,
  nameOf: (change: T) => string,
): { changes: T[]; recent: string[] } {
  const known = new Set(recent);
  const next: T[] = [];
  for (const change of changes) {
    const mark = sha256(nameOf(change)).slice(0, MARK_LENGTH);
    if (known.has(mark)) continue;
    known.add(mark);
    next.push(change);
  }
  return { changes: next, recent: [...known].slice(-RECENT_MARKS) };
}

/** As one text. */
export const encodedMarks = (recent: readonly string[]): string => recent.join('');

export const decodedMarks = (text: string): string[] => text.match(new RegExp(`.{${MARK_LENGTH}}`, 'g')) ?? [];
