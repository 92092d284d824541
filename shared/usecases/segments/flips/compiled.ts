/** The rules of all segments, made ready to be asked of consumers, and what they look at besides the consumer. */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import { PRIOR_MODEL } from '../../../domain/metrics/churn-risk.ts';
import { emptyAccount } from '../../../domain/points/account.ts';
import type { RuleToCompile } from '../../../domain/segments/compile.ts';
import { compiled, type Evaluator } from '../../../domain/segments/evaluator.ts';
import type { Picture, RuleContext } from '../../../domain/segments/picture.ts';
import { parsedRule } from '../../../domain/segments/rule.ts';
import { decodedSummary } from '../../../domain/summary.ts';
import { bookmarksIn, type Catalogue, catalogueOf } from '../../organization/catalogue.ts';
import { type Scoring, scoringOf } from '../../organization/scoring.ts';
import { tiersUpdatedAtIn } from '../../organization/settings.ts';
import type { RuleVersion } from '../../ports/records.ts';
import type { ConsumerState, Store } from '../../ports/store.ts';

/** One rule of a segment, and its place among those that the evaluator was given. */
export interface VersionInEvaluator {
  number: number;
  index: number;
}
/** A segment as consumers are asked about it. */
export interface SegmentRules {
  segmentId: string;
  /** The rule that is told; null before the first, and where another system says who is in it. */
  live: VersionInEvaluator | null;
  /** The rule that is being filled: nobody is told of its members. Nobody entered before there was that rule. */
  filling: (VersionInEvaluator & { since: Instant }) | null;
  /** The ruleVersion that was told before the last edit, as long as not everyone was told of the edit. */
  retiring: number | null;
  /** When the rule that is told went live. */
  editedAt: Instant | null;
}
/** Everything that consumers are asked about at one moment. */
export interface CompiledSegments {
  catalogue: Catalogue;
  evaluator: Evaluator;
  segments: readonly SegmentRules[];
  /** The segment of each of their ruleVersions. */
  segmentOf: ReadonlyMap<number, string>;
  /** The ruleVersions that are being filled. */
  fillingVersions: readonly number[];
  /** Units whose members another system names: rules have no say in them. */
  imported: ReadonlySet<number>;
  /** Units from this number on are younger than all this. */
  nextRuleVersion: number;
  context: RuleContext;
  scoring: Scoring;
}

/** Read fresh, in one request, and another one where a segment or a list was edited. */
export const readCompiledSegments = async (store: Store): Promise<CompiledSegments> => {
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
  const nextRuleVersion = Math.max(bookmarksIn(settings).nextUnit, ready.nextRuleVersion);
  return { catalogue, ...ready, nextRuleVersion, context, scoring };
};

const made = new WeakMap<Catalogue, Pick<CompiledSegments, Ready>>();
type Ready = 'evaluator' | 'segments' | 'segmentOf' | 'fillingVersions' | 'imported' | 'nextRuleVersion';

/** Compiling a thousand rules takes some milliseconds: once for each edit. */
const readyFor = (catalogue: Catalogue) => {
  const known = made.get(catalogue);
  if (known) return known;
  const all = [...catalogue.segments.values()];
  const rules: RuleToCompile[] = [];
  const compile = (segmentId: string, { number, rule }: RuleVersion, isLive: boolean): VersionInEvaluator | null =>
    rule && { number, index: rules.push({ versionId: String(number), segmentId, isLive, rule: parsedRule(rule) }) - 1 };
  const segments = all.map(({ segmentId, live, filling, retiring, refreshedAt }): SegmentRules => {
    const compiledLive = live && compile(segmentId, live, true);
    const compiledFilling = filling && compile(segmentId, filling, false);
    return {
      segmentId,
      live: compiledLive,
      filling: filling && compiledFilling && { ...compiledFilling, since: filling.since },
      retiring: retiring?.number ?? null,
      editedAt: refreshedAt,
    };
  });
  const imported = all.flatMap(({ live }) => (live && live.rule === null ? [live.number] : []));
  const newest = Math.max(0, ...all.flatMap(({ live, filling }) => [live?.number ?? 0, filling?.number ?? 0]));
  const ready = {
    evaluator: compiled(rules),
    segments,
    imported: new Set(imported),
    nextRuleVersion: newest + 1,
    segmentOf: new Map(segments.flatMap((segment) => versionsOf(segment).map((number) => [number, segment.segmentId]))),
    fillingVersions: segments.flatMap(({ filling }) => (filling ? [filling.number] : [])),
  };
  made.set(catalogue, ready);
  return ready;
};

const versionsOf = ({ live, filling, retiring }: SegmentRules): number[] =>
  [live?.number, filling?.number, retiring].filter((number) => number != null);

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
