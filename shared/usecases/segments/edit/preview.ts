/** Trying a rule on everyone before it is saved. */
import type { ConsumerEvent, Instant } from '../../../domain/facts.ts';
import { evaluatedInColumns } from '../../../domain/segments/columns.ts';
import { compiled, type Evaluator, evaluate } from '../../../domain/segments/evaluator.ts';
import type { Picture, RuleContext } from '../../../domain/segments/picture.ts';
import { segmentsIn as segmentsNamedIn } from '../../../domain/segments/references.ts';
import { parsedRule, type Rule } from '../../../domain/segments/rule.ts';
import { newTally, type Tallied } from '../../../domain/segments/tally.ts';
import { TALLIES } from '../../../domain/settings.ts';
import { inParallel } from '../../common/in-parallel.ts';
import type { ConsumerState, Store } from '../../ports/store.ts';
import { asOf, type CompiledSegments, pictureFor, readCompiledSegments } from '../flips/compiled.ts';
import { refuseCircleOf } from './circles.ts';
import { asSeen, talliedBy } from './segments.ts';

export interface Sampled {
  count: number;
  sample: { consumerId: string; fullName: string | null; email: string | null }[];
}
export interface Preview extends Sampled {
  /** Of an edit. */
  entering?: Sampled;
  leaving?: Sampled;
}

const SAMPLE = 10;
const BLOCK = 4_096;
const HISTORIES_AT_ONCE = 32;

/**
 * Exact counts over everyone, and for an edit of a segment who would enter and who would leave. Throws `Refusal`
 * `not_found` and `segment_cycle`.
 */
export const previewRule = async (
  store: Store,
  { rule, segmentId, now }: { rule: Rule; segmentId?: string | undefined; now: Instant },
): Promise<Preview> => {
  const [[found], compiledSegments] = await Promise.all([
    segmentId === undefined ? [undefined] : store.get([{ kind: 'segment', segmentId }], true),
    readCompiledSegments(store),
  ]);
  const told = segmentId === undefined ? null : (asSeen(found, {}).live?.number ?? 0);
  if (segmentId !== undefined) refuseCircleOf(compiledSegments.catalogue.segments.values(), { segmentId, rule });
  const trial = trialOf(compiledSegments, rule);
  const [all, entering, leaving] = [sampling(), sampling(), sampling()];
  const take = async (block: readonly ConsumerState[]) => {
    const members = membersAmong(trial, block, await withTallies(store, trial, block), compiledSegments.context, now);
    block.forEach((picture, row) => {
      const isIn = !picture.profile.archived && members[row] === true;
      const wasIn = told !== null && picture.memberships?.ruleVersions[told] !== undefined;
      if (isIn) all.add(picture);
      if (isIn && !wasIn) entering.add(picture);
      if (!isIn && wasIn) leaving.add(picture);
    });
  };
  const slices = Array.from({ length: store.slices }, (_, slice) => slice);
  await inParallel(slices, slices.length, (slice) => inBlocks(store, slice, take));
  if (told === null) return all.sampled();
  return { ...all.sampled(), entering: entering.sampled(), leaving: leaving.sampled() };
};

/** The rule's place among the evaluator's ruleVersions. */
const TRIED = 0;

/** Whose facts are ahead of now is asked alone, as of then. */
const membersAmong = (
  { evaluator }: Trial,
  block: readonly ConsumerState[],
  rows: readonly Picture[],
  context: RuleContext,
  now: Instant,
): boolean[] => {
  const members = evaluatedInColumns(evaluator, rows, context, now);
  return rows.map((facts, row) => {
    const picture = block[row];
    const at = picture ? asOf(picture, now) : now;
    return at === now ? members.has(row, TRIED) : evaluate(evaluator, facts, context, at).members.has(TRIED);
  });
};

interface Trial {
  evaluator: Evaluator;
  /** What is asked of events, by the rule and by those that it names. */
  asked: Readonly<Record<string, Tallied>>;
  /** Those that no segment has asked before: they are counted from the history. */
  untallied: Readonly<Record<string, Tallied>>;
  /** By whose metrics all that is asked was counted, but for these. */
  scoringVersion: number;
}

/** The rule, and the segments that it names. */
const trialOf = ({ catalogue, scoring }: CompiledSegments, rule: Rule): Trial => {
  const named = segmentsNamedIn(rule).size > 0 ? [...catalogue.segments.values()] : [];
  const ruleVersions = named.flatMap(({ segmentId, live }) =>
    live?.rule ? [{ versionId: String(live.number), segmentId, isLive: true, rule: parsedRule(live.rule) }] : [],
  );
  const asked = Object.assign(
    {},
    ...[rule, ...ruleVersions.map((ruleVersion) => ruleVersion.rule)].map(talliedBy),
  ) as Trial['asked'];
  const known = scoring.rules.tallied;
  return {
    evaluator: compiled([{ versionId: 'tried', segmentId: '', isLive: false, rule }, ...ruleVersions]),
    asked,
    untallied: Object.fromEntries(Object.entries(asked).filter(([key]) => known[key] === undefined)),
    scoringVersion: scoring.version,
  };
};

const inBlocks = async (store: Store, slice: number, take: (block: readonly ConsumerState[]) => Promise<void>) => {
  let block: ConsumerState[] = [];
  for await (const picture of store.stateSlice(slice)) {
    block.push(picture);
    if (block.length === BLOCK) await take(block.splice(0));
  }
  if (block.length > 0) await take(block);
  block = [];
};

const withTallies = (store: Store, trial: Trial, block: readonly ConsumerState[]): Promise<Picture[]> =>
  inParallel(block, HISTORIES_AT_ONCE, async (head) => {
    const picture = pictureFor(head);
    const missing = head.metrics.scoringVersion === trial.scoringVersion ? trial.untallied : trial.asked;
    if (Object.keys(missing).length === 0) return picture;
    const tallies = { ...picture.metrics.tallies, ...(await talliesOf(store, head.profile.consumerId, missing)) };
    return { ...picture, metrics: { ...picture.metrics, tallies } };
  });

const talliesOf = async (store: Store, consumerId: string, asked: Readonly<Record<string, Tallied>>) => {
  const tallyings = Object.entries(asked).map(
    ([key, tallied]) => [key, newTally(tallied, undefined, TALLIES.mostExact)] as const,
  );
  const add = (event: ConsumerEvent) => {
    for (const [, tallying] of tallyings) tallying.add(event);
  };
  for await (const event of store.historyOf(consumerId)) add(event);
  return Object.fromEntries(
    tallyings.flatMap(([key, tallying]) => {
      const tally = tallying.tally();
      return tally === undefined ? [] : [[key, tally]];
    }),
  );
};

/** Counts all, keeps the first few. */
const sampling = () => {
  let count = 0;
  const sample: Sampled['sample'] = [];
  return {
    add: ({ profile: { consumerId, fullName, email } }: ConsumerState) => {
      count += 1;
      if (sample.length < SAMPLE) sample.push({ consumerId, fullName, email });
    },
    sampled: (): Sampled => ({ count, sample }),
  };
};
