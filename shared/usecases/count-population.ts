/** Keeping the percentile summaries true as consumers change, from the table's stream. */

import type { Instant } from '../domain/facts.ts';
import { daysBetween, laterOf } from '../domain/instants.ts';
import type { Change as Move, Ranked } from '../domain/summary.ts';
import { counted, decodedSummary, emptySummary, encodedSummary, rankedOf } from '../domain/summary.ts';
import type { Change, Deps, RecordOf, StoredRecord } from './ports.ts';
import { retrying } from './retrying.ts';

/**
 * A rebuild reads consumers whose last changes may still be on their way here, and would be counted twice. They have
 * all arrived after this long; until then what is counted is noted as unsettled, and calls for another rebuild.
 */
const SETTLED_AFTER_DAYS = 5 / (24 * 60);

/** Counts the changes in one conditional write; those that were counted before change nothing. */
export const countPopulation = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  const moves = changes.map(moveIn).filter((move) => move !== null);
  const latest = changes.reduce<Instant | null>((at, change) => laterOf(at, change.at), null);
  if (moves.length > 0 && latest !== null) await retrying(deps, () => count(deps, moves, latest));
  return changes.length;
};

const count = async ({ store }: Pick<Deps, 'store'>, moves: Move[], at: Instant): Promise<void> => {
  const [before] = await store.get([{ kind: 'summary' }], true);
  const content = counted(before ? decodedSummary(before.content) : emptySummary(), moves);
  const put: RecordOf<'summary'> = {
    kind: 'summary',
    version: (before?.version ?? 0) + 1,
    asOf: before && before.asOf > at ? before.asOf : at,
    rebuiltAt: before?.rebuiltAt ?? null,
    unsettled: (before?.unsettled ?? 0) + (isUnsettled(before, at) ? moves.length : 0),
    content: encodedSummary(content),
  };
  await store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
};

const isUnsettled = (summary: RecordOf<'summary'> | undefined, at: Instant): boolean =>
  summary !== undefined && summary.rebuiltAt !== null && daysBetween(summary.rebuiltAt, at) < SETTLED_AFTER_DAYS;

/** How one consumer moved among all; null where the change is about something else. */
const moveIn = ({ before, after }: Change): Move | null => {
  const record = after ?? before;
  if (record?.kind !== 'metrics') return null;
  const version = after?.kind === 'metrics' ? after.version : 'gone';
  return { id: `${record.consumerId} ${version}`, before: placeOf(before), after: placeOf(after) };
};

const placeOf = (record: StoredRecord | undefined): Ranked | null =>
  record?.kind === 'metrics' ? rankedOf(record, record.eligible) : null;
