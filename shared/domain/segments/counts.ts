/** How many members each rule of a segment and each list has: sums that each coming and going changes. */
import type { Instant } from '../facts.ts';
import { decodedMarks, encodedMarks, unseen } from '../recent-marks.ts';

/** What has members. */
export type Group = { ruleVersion: number } | { listId: string };

export interface MemberCounts {
  /** By group, as `u:7` or `l:friends`; those without members are left out. */
  counts: Record<string, number>;
  /** Marks of the comings and goings counted last, the oldest first. */
  recent: string[];
}
/** A consumer who came, or one who went, having come at this instant. */
export interface Movement {
  consumerId: string;
  group: Group;
  since: Instant;
  isGone: boolean;
}

export const emptyCounts = (): MemberCounts => ({ counts: {}, recent: [] });

export const countOf = ({ counts }: MemberCounts, group: Group): number => counts[keyOf(group)] ?? 0;

/** The counts with these movements; one that is among the recent ones changes nothing. */
export function counted(before: MemberCounts, movements: Iterable<Movement>): MemberCounts {
  const { changes, recent } = unseen(before.recent, movements, nameOf);
  const counts = { ...before.counts };
  for (const { group, isGone } of changes) {
    const key = keyOf(group);
    const count = (counts[key] ?? 0) + (isGone ? -1 : 1);
    if (count === 0) delete counts[key];
    else counts[key] = count;
  }
  return { counts, recent };
}

const keyOf = (group: Group): string => ('ruleVersion' in group ? `u:${group.ruleVersion}` : `l:${group.listId}`);

/** Who comes again comes at another instant. */
const nameOf = ({ consumerId, group, since, isGone }: Movement): string =>
  `${keyOf(group)} ${consumerId} ${since} ${isGone}`;

export const encodedCounts = ({ counts, recent }: MemberCounts): string =>
  JSON.stringify({ counts, recent: encodedMarks(recent) });

export function decodedCounts(text: string): MemberCounts {
  const stored = JSON.parse(text) as { counts: Record<string, number>; recent: string };
  return { counts: stored.counts, recent: decodedMarks(stored.recent) };
}
