/** Trying a rule on everyone before it is saved. */
import type { ConsumerEvent, Instant } from '../domain/facts.ts';
import { evaluatedInColumns } from '../domain/segments/columns.ts';
import { compiled, type Evaluator } from '../domain/segments/evaluator.ts';
import type { Picture } from '../domain/segments/picture.ts';
import { segmentsIn as segmentsNamedIn } from '../domain/segments/references.ts';
import { parsedRule, type Rule } from '../domain/segments/rule.ts';
import { newTally, type Tallied } from '../domain/segments/tally.ts';
import { TALLIES } from '../domain/settings.ts';
import { inParallel } from './in-parallel.ts';
import type { ConsumerPicture, Store } from './ports.ts';
import { pictureFor, type Segmentation, segmentationOf } from './segment-units.ts';
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

/** Exact counts over everyone, and for an edit of a segment who would enter and who would leave. Throws `not_found`. */
export const previewRule = async (
  store: Store,
  { rule, segmentId, now }: { rule: Rule; segmentId?: string | undefined; now: Instant },
): Promise<Preview> => {
  const [[found], segmentation] = await Promise.all([
    segmentId === undefined ? [undefined] : store.get([{ kind: 'segment', segmentId }], true),
    segmentationOf(store),
  ]);
  const told = segmentId === undefined ? null : (asSeen(found, {}).live?.unit ?? 0);
  const trial = trialOf(segmentation, rule);
  const [all, entering, leaving] = [sampling(), sampling(), sampling()];
  const take = async (block: readonly ConsumerPicture[]) => {
    const rows = await withTallies(store, trial, block);
    const members = evaluatedInColumns(trial.evaluator, rows, segmentation.context, now);
    block.forEach((picture, row) => {
      const isIn = !picture.profile.archived && members.has(row, TRIED);
      const wasIn = told !== null && picture.memberships?.units[told] !== undefined;
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

/** The rule's place among the evaluator's units. */
const TRIED = 0;

interface Trial {
  evaluator: Evaluator;
  /** What the rule asks of events that no segment has asked before: it is counted from the history. */
  untallied: Readonly<Record<string, Tallied>>;
}

/** The rule, and the segments that it names. */
const trialOf = ({ catalogue, scoring }: Segmentation, rule: Rule): Trial => {
  const named = segmentsNamedIn(rule).size > 0 ? [...catalogue.segments.values()] : [];
  const units = named.flatMap(({ segmentId, live }) =>
    live?.rule ? [{ unitId: String(live.unit), segmentId, isLive: true, rule: parsedRule(live.rule) }] : [],
  );
  const known = scoring.rules.tallied;
  const untallied = Object.entries(talliedBy(rule)).filter(([key]) => known[key] === undefined);
  return {
    evaluator: compiled([{ unitId: 'tried', segmentId: '', isLive: false, rule }, ...units]),
    untallied: Object.fromEntries(untallied),
  };
};

const inBlocks = async (store: Store, slice: number, take: (block: readonly ConsumerPicture[]) => Promise<void>) => {
  let block: ConsumerPicture[] = [];
  for await (const picture of store.pictureSlice(slice)) {
    block.push(picture);
    if (block.length === BLOCK) await take(block.splice(0));
  }
  if (block.length > 0) await take(block);
  block = [];
};

const withTallies = async (
  store: Store,
  { untallied }: Trial,
  block: readonly ConsumerPicture[],
): Promise<Picture[]> => {
  if (Object.keys(untallied).length === 0) return block.map(pictureFor);
  return inParallel(block, HISTORIES_AT_ONCE, async (head) => {
    const picture = pictureFor(head);
    const tallies = { ...picture.metrics.tallies, ...(await talliesOf(store, head.profile.consumerId, untallied)) };
    return { ...picture, metrics: { ...picture.metrics, tallies } };
  });
};

const talliesOf = async (store: Store, consumerId: string, untallied: Readonly<Record<string, Tallied>>) => {
  const tallyings = Object.entries(untallied).map(
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
    add: ({ profile: { consumerId, fullName, email } }: ConsumerPicture) => {
      count += 1;
      if (sample.length < SAMPLE) sample.push({ consumerId, fullName, email });
    },
    sampled: (): Sampled => ({ count, sample }),
  };
};
