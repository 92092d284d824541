/** A segment as staff see it: what it is, how far it is filled, how many are in it. */
import type { Instant, JsonObject } from '../../../domain/facts.ts';
import { countOf, decodedCounts, emptyCounts, type MemberCounts } from '../../../domain/segments/counts.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Store } from '../../ports/store.ts';
import { NO_UNIT } from '../backfill/change-segment.ts';

type SegmentRecord = RecordOf<'segment'>;

export interface SegmentShown {
  segmentId: string;
  name: string;
  /** As it was edited last, even while its members are being found. */
  rule: JsonObject | null;
  source: 'rule' | 'import';
  status: 'backfilling' | 'live';
  progressPercent: number;
  memberCount: number;
  /** When the members of the rule that is told stood; null before the first. */
  refreshedAt: Instant | null;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
}
interface Filling {
  counts: MemberCounts;
  /** How far the run that is under way has come with this ruleVersion. */
  percentOf: (ruleVersion: number) => number;
}

export const progressIn = async (store: Store): Promise<Filling> => {
  const [counts, lease] = await store.get([{ kind: 'memberCounts' }, { kind: 'backfillLease' }], true);
  const percent = lease ? percentOf(lease, store.slices) : 0;
  return {
    counts: counts ? decodedCounts(counts.content) : emptyCounts(),
    percentOf: (ruleVersion) => (ruleVersion > (lease?.lastRuleVersion ?? NO_UNIT) ? 0 : percent),
  };
};

/** By how many consumers there were the last time; the first time nobody knows how many, but slices are even. */
const percentOf = ({ slicesDone, consumersDone = 0, everyone }: RecordOf<'backfillLease'>, slices: number): number => {
  const share = everyone ? consumersDone / everyone : slicesDone / slices;
  return Math.min(99, Math.round(100 * share));
};

export const shown = async (store: Store, segment: SegmentRecord): Promise<SegmentShown> =>
  shownWith(segment, await progressIn(store));

export const shownWith = (segment: SegmentRecord, { counts, percentOf }: Filling): SegmentShown => {
  const { segmentId, name, source, live, filling, refreshedAt, version, createdAt, updatedAt } = segment;
  const progressPercent = filling === null ? 100 : percentOf(filling.number);
  return {
    ...{ segmentId, name, rule: (filling ?? live)?.rule ?? null, source },
    status: filling === null ? 'live' : 'backfilling',
    progressPercent,
    memberCount: live === null ? 0 : countOf(counts, { ruleVersion: live.number }),
    ...{ refreshedAt, version, createdAt, updatedAt },
  };
};
