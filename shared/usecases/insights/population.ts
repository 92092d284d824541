/** Keeping the percentile summaries true as consumers change, from the table's stream. */
import type { Instant } from '../../domain/facts.ts';
import { laterOf, plusDays } from '../../domain/instants.ts';
import type { Change as PlaceChange, PopulationSummary, Ranked } from '../../domain/summary.ts';
import { counted, decodedSummary, emptySummary, encodedSummary, isSamePlace, rankedOf } from '../../domain/summary.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf, StoredRecord } from '../ports/records.ts';
import type { Change } from '../ports/store.ts';

type Summary = RecordOf<'summary'>;
type Move = PlaceChange & Pick<Change, 'at'>;

/**
 * The maximum delay between the write of a change and its arrival here. A rebuild may read changes that have not arrived
 * yet and would then be counted twice.
 *
 * The end of the rebuild's reading is unknown, because the schedule's instant may be long past. The first change counted
 * afterwards was written at most this delay before that end. The rebuild cannot have seen changes written more than this
 * delay after that first change. Changes up to there, by the table's clock, count as unsettled and require another rebuild.
 */
const ARRIVES_WITHIN_DAYS = 5 / (24 * 60);

/** Counts the changes in one conditional write. Changes that were counted before or moved no consumer have no effect. */
export const countPopulation = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  changes: readonly Change[],
): Promise<number> => {
  const moves = changes.map(moveIn).filter((move) => move !== null);
  const [first] = moves;
  if (first) await retrying(deps, () => count(deps, moves, first.at));
  return changes.length;
};

const count = async ({ store }: Pick<Deps, 'store'>, moves: readonly Move[], firstAt: Instant): Promise<void> => {
  const [before] = await store.get([{ kind: 'summary' }], true);
  const settlesAt = before ? settlingOf(before, moves) : null;
  const isUnsettled = ({ at }: Move) => settlesAt !== null && at <= settlesAt;
  const known = before ? decodedSummary(before.content) : emptySummary();
  // A consumer's changes stay in their order: they come in the order of their instants.
  const unsettled = counted(known, moves.filter(isUnsettled));
  const content = counted(
    unsettled,
    moves.filter((move) => !isUnsettled(move)),
  );
  const put: Summary = {
    kind: 'summary',
    version: (before?.version ?? 0) + 1,
    asOf: moves.reduce((asOf, { at }) => laterOf(asOf, at) ?? at, before?.asOf ?? firstAt),
    rebuiltAt: before?.rebuiltAt ?? null,
    unsettled: (before?.unsettled ?? 0) + changesIn(unsettled) - changesIn(known),
    settlesAt,
    content: encodedSummary(content),
  };
  await store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
};

const changesIn = (summary: PopulationSummary): number => summary.changesSinceRebuild;

const settlingOf = ({ rebuiltAt, settlesAt }: Summary, moves: readonly Move[]): Instant | null => {
  if (rebuiltAt === null || settlesAt !== null) return settlesAt;
  const earliest = moves.map(({ at }) => at).sort()[0];
  return earliest === undefined ? null : plusDays(earliest, ARRIVES_WITHIN_DAYS);
};

/** How one consumer moved among all; null where it did not, or the change is about something else. */
const moveIn = ({ at, before, after }: Change): Move | null => {
  const record = after ?? before;
  if (record?.kind !== 'metrics') return null;
  const places = { before: placeOf(before), after: placeOf(after) };
  if (isSamePlace(places.before, places.after)) return null;
  const version = after?.kind === 'metrics' ? after.version : 'gone';
  return { id: `${record.consumerId} ${version}`, at, ...places };
};

const placeOf = (record: StoredRecord | undefined): Ranked | null =>
  record?.kind === 'metrics' ? rankedOf(record, record.eligible) : null;
