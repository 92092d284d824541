/** The rules of all segments, made ready to be asked of consumers, and what they look at besides the consumer. */
import type { Instant } from '../domain/facts.ts';
import { laterOf } from '../domain/instants.ts';
import { PRIOR_MODEL } from '../domain/metrics/churn-risk.ts';
import { emptyAccount } from '../domain/points/account.ts';
import { compiled, type Evaluator } from '../domain/segments/evaluator.ts';
import type { Picture, RuleContext } from '../domain/segments/picture.ts';
import { parsedRule } from '../domain/segments/rule.ts';
import { decodedSummary } from '../domain/summary.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import { tiersUpdatedAtIn } from './points-shown.ts';
import type { ConsumerPicture, RecordOf, SegmentUnit, Store } from './ports.ts';
import { type Scoring, scoringOf } from './scoring.ts';

/** One rule of a segment. */
export interface Unit {
  unit: number;
  segmentId: string;
  /** Whether its members are told; those of a rule that is being filled are not. */
  isLive: boolean;
}
/** Everything that consumers are asked about at one moment. */
export interface Segmentation {
  catalogue: Catalogue;
  evaluator: Evaluator;
  /** In the evaluator's order. */
  units: readonly Unit[];
  /** Units whose members are being taken leave of: nobody touches what is kept of them. */
  leaving: ReadonlySet<number>;
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
  return { catalogue, ...readyFor(catalogue), context, scoring };
};

const ready = new WeakMap<Catalogue, Pick<Segmentation, 'evaluator' | 'units' | 'leaving'>>();

/** Compiling a thousand rules takes some milliseconds: once for each edit. */
const readyFor = (catalogue: Catalogue) => {
  const known = ready.get(catalogue);
  if (known) return known;
  const segments = [...catalogue.segments.values()];
  const ruled = segments.flatMap(({ segmentId, live, next }) => [
    ...ruledUnit(segmentId, live, true),
    ...ruledUnit(segmentId, next, false),
  ]);
  const made = {
    evaluator: compiled(
      ruled.map(({ unit, segmentId, isLive, rule }) => ({ unitId: String(unit), segmentId, isLive, rule })),
    ),
    units: ruled.map(({ unit, segmentId, isLive }) => ({ unit, segmentId, isLive })),
    leaving: new Set(segments.flatMap(({ last }) => (last ? [last.unit] : []))),
  };
  ready.set(catalogue, made);
  return made;
};

/** None where another system says who is in it. */
const ruledUnit = (segmentId: string, unit: SegmentUnit | null, isLive: boolean) =>
  unit?.rule ? [{ unit: unit.unit, segmentId, isLive, rule: parsedRule(unit.rule) }] : [];

/** What rules look at of a consumer. */
export const pictureFor = ({ profile, metrics, account, programme, memberships }: ConsumerPicture): Picture => ({
  profile,
  metrics,
  account: account ?? emptyAccount(),
  claims: programme?.claims ?? {},
  challenges: programme?.challenges ?? {},
  lists: memberships?.lists.map(({ listId }) => listId) ?? [],
  imported: [],
});

/** The instant of entering, of each unit that a consumer is in; none before the first. */
export const unitsIn = (memberships: RecordOf<'memberships'> | undefined): Readonly<Record<number, Instant>> =>
  memberships?.units ?? {};

/**
 * The instant that rules go by: never before the consumer's own newest fact. Storefronts' clocks may be ahead of ours, and
 * what is read may be newer than the instant of a run that began before it.
 */
export const asOf = ({ profile, metrics, account }: ConsumerPicture, now: Instant): Instant => {
  const facts = [profile.updatedAt, account?.at, metrics.lastOrderAt, metrics.lastEngagedAt, metrics.lastEventAt];
  return facts.reduce<Instant>((latest, at) => laterOf(latest, at ?? null) ?? latest, now);
};
