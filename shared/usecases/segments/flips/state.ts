/** Where a consumer stands: the segments that it is told to be in, and what is told of it. */
import type { Instant } from '../../../domain/facts.ts';
import type { Evaluated } from '../../../domain/segments/evaluator.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { VersionInEvaluator } from './compiled.ts';

/** What made an answer flip. */
export type Cause = 'change' | 'time' | 'summary' | 'rule_edited' | 'list' | 'import';

/** A consumer was told to be in a segment, or no longer. */
export interface Flip {
  segmentId: string;
  /** The rule that it is about. */
  ruleVersion: number;
  entered: boolean;
  at: Instant;
  cause: Cause;
  /** The event that made it flip, where one alone did. */
  eventId?: string | undefined;
}
/** The ruleVersions that a consumer is in, since when, and those of them that nobody was told of. */
export interface SegmentState {
  ruleVersions: Readonly<Record<number, Instant>>;
  unannounced: ReadonlySet<number>;
}
/** Units of rules of old that a consumer was told of, by their segment. */
export type OrphanedVersions = ReadonlyMap<string, readonly number[]>;
export const NO_ORPHANED_VERSIONS: OrphanedVersions = new Map();

export const segmentStateIn = (memberships: RecordOf<'memberships'> | undefined): SegmentState => ({
  ruleVersions: memberships?.ruleVersions ?? {},
  unannounced: new Set(memberships?.unannounced),
});

/** Whether a rule holds; none does not. */
export const holds = ({ members }: Evaluated, ruleVersion: VersionInEvaluator | null): boolean =>
  ruleVersion !== null && members.has(ruleVersion.index);
