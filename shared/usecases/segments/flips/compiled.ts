/** The rules of all segments, made ready to be asked of consumers, and what they look at besides the consumer. */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import { PRIOR_MODEL } from '../../../domain/metrics/churn-risk.ts';
import { emptyAccount } from '../../../domain/points/account.ts';
import type { Unit as CompiledFrom } from '../../../domain/segments/compile.ts';
import { compiled, type Evaluator } from '../../../domain/segments/evaluator.ts';
import type { Picture, RuleContext } from '../../../domain/segments/picture.ts';
import { parsedRule } from '../../../domain/segments/rule.ts';
import { decodedSummary } from '../../../domain/summary.ts';
import { bookmarksIn, type Catalogue, catalogueOf } from '../../organization/catalogue.ts';
import { type Scoring, scoringOf } from '../../organization/scoring.ts';
import { tiersUpdatedAtIn } from '../../organization/settings.ts';
import type { RecordOf, SegmentUnit } from '../../ports/records.ts';
import type { ConsumerState, Store } from '../../ports/store.ts';

/** One rule of a segment, and its place among those that the evaluator was given. */
export interface Unit {
  unit: number;
  index: number;
}
/** A segment as consumers are asked about it. */
export interface Asked {
  segmentId: string;
  /** The rule that is told; null before the first, and where another system says who is in it. */
  live: Unit | null;
  /** The rule that is being filled: nobody is told of its members. Nobody entered before there was that rule. */
  next: (Unit & { since: Instant }) | null;
  /** The unit that was told before the last edit, as long as not everyone was told of the edit. */
  last: number | null;
  /** When the rule that is told went live. */
  editedAt: Instant | null;
}
/** Everything that consumers are asked about at one moment. */
export interface Segmentation {
  catalogue: Catalogue;
  evaluator: Evaluator;
  segments: readonly Asked[];
  /** The segment of each of their units. */
  segmentOf: ReadonlyMap<number, string>;
  /** The units that are being filled. */
  filling: readonly number[];
  /** Units whose members another system names: rules have no say in them. */
  imported: ReadonlySet<number>;
  /** Units from this number on are younger than all this. */
  nextUnit: number;
  context: RuleContext;
  scoring: Scoring;
}

/** Read fresh, in one request, and another one where a segment or a list was edited. */
export const segmentationOf = async (store: Store): Promise<Segmentation> => {
  const [settings, summary, churnModel] = await store.get(
    [{ kind: 'settings' }, { kind: 'ruleSummary' }, { kind: 'churnModel' }],
    true,
  );
  const catalogue = await catalogueOf(store, settings);
  const scoring = scoringOf(settings);
  const context: RuleContext = {
    settings: scoring.settings,
    tiersUpdatedAt: tiersUpdatedAtIn(settings),
    summary: summary ? decodedSummary(summary.content) : null,
    churnModel: churnModel ?? PRIOR_MODEL,
  };
  const ready = readyFor(catalogue);
  // The catalogue may be younger than the settings.
  const nextUnit = Math.max(bookmarksIn(settings).nextUnit, ready.nextUnit);
  return { catalogue, ...ready, nextUnit, context, scoring };
};

const made = new WeakMap<Catalogue, Pick<Segmentation, Ready>>();
type Ready = 'evaluator' | 'segments' | 'segmentOf' | 'filling' | 'imported' | 'nextUnit';

/** Compiling a thousand rules takes some milliseconds: once for each edit. */
const readyFor = (catalogue: Catalogue) => {
  const known = made.get(catalogue);
  if (known) return known;
  const all = [...catalogue.segments.values()];
  const rules: CompiledFrom[] = [];
  const asked = (segmentId: string, { unit, rule }: SegmentUnit, isLive: boolean): Unit | null =>
    rule && { unit, index: rules.push({ unitId: String(unit), segmentId, isLive, rule: parsedRule(rule) }) - 1 };
  const segments = all.map(({ segmentId, live, next, last, refreshedAt }) => ({
    segmentId,
    live: live && asked(segmentId, live, true),
    next: nextOf(next, next && asked(segmentId, next, false)),
    last: last?.unit ?? null,
    editedAt: refreshedAt,
  }));
  const imported = all.flatMap(({ live }) => (live && live.rule === null ? [live.unit] : []));
  const newest = Math.max(0, ...all.flatMap(({ live, next }) => [live?.unit ?? 0, next?.unit ?? 0]));
  const ready = {
    ...{ evaluator: compiled(rules), segments, imported: new Set(imported), nextUnit: newest + 1 },
    segmentOf: new Map(segments.flatMap((segment) => unitsOf(segment).map((unit) => [unit, segment.segmentId]))),
    filling: segments.flatMap(({ next }) => (next ? [next.unit] : [])),
  };
  made.set(catalogue, ready);
  return ready;
};

const unitsOf = ({ live, next, last }: Asked): number[] =>
  [live?.unit, next?.unit, last].filter((unit) => unit != null);

const nextOf = (next: RecordOf<'segment'>['next'], unit: Unit | null): Asked['next'] =>
  next && unit && { ...unit, since: next.since };

/** What rules look at of a consumer. */
export const pictureFor = ({ profile, metrics, account, rewardsState, memberships }: ConsumerState): Picture => ({
  profile,
  metrics,
  account: account ?? emptyAccount(),
  claims: rewardsState?.claims ?? {},
  challenges: rewardsState?.challenges ?? {},
  lists: memberships?.lists.map(({ listId }) => listId) ?? [],
  imported: [],
});

/**
 * The instant that rules go by: never before the consumer's own newest fact. Storefronts' clocks may be ahead of ours, and
 * what is read may be newer than the instant of a run that began before it.
 */
export const asOf = ({ profile, metrics, account }: ConsumerState, now: Instant): Instant => {
  const { recordedAt, lastOrderAt, lastEngagedAt, lastEventAt } = metrics;
  const facts = [profile.updatedAt, account?.at, recordedAt, lastOrderAt, lastEngagedAt, lastEventAt];
  return facts.reduce<Instant>((latest, at) => laterOf(latest, at ?? null) ?? latest, now);
};
