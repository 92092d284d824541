/** Where a consumer stands: the segments that it is told to be in, and what is told of it. */
import type { Instant } from '../../../domain/facts.ts';
import type { Evaluated } from '../../../domain/segments/evaluator.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Unit } from './compiled.ts';

/** What made an answer flip. */
export type Cause = 'change' | 'time' | 'summary' | 'rule_edited' | 'list' | 'import';

/** A consumer was told to be in a segment, or no longer. */
export interface Flip {
  segmentId: string;
  /** The rule that it is about. */
  unit: number;
  entered: boolean;
  at: Instant;
  cause: Cause;
  /** The event that made it flip, where one alone did. */
  eventId?: string | undefined;
}
/** The units that a consumer is in, since when, and those of them that nobody was told of. */
export interface Standing {
  units: Readonly<Record<number, Instant>>;
  untold: ReadonlySet<number>;
}
/** Units of rules of old that a consumer was told of, by their segment. */
export type Strays = ReadonlyMap<string, readonly number[]>;
export const NO_STRAYS: Strays = new Map();

export const standingIn = (memberships: RecordOf<'memberships'> | undefined): Standing => ({
  units: memberships?.units ?? {},
  untold: new Set(memberships?.untold),
});

/** Whether a rule holds; none does not. */
export const holds = ({ members }: Evaluated, unit: Unit | null): boolean => unit !== null && members.has(unit.index);
