/** Telling of edits: who entered and who left by rules that went live. */
import type { Instant } from '../../../domain/facts.ts';
import { segmentsIn } from '../../../domain/segments/references.ts';
import { parsedRule } from '../../../domain/segments/rule.ts';
import { inParallel } from '../../common/in-parallel.ts';
import { retrying } from '../../common/retrying.ts';
import type { Deps } from '../../ports/deps.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Store, Write } from '../../ports/store.ts';
import { type CompiledSegments, readCompiledSegments, type SegmentRules } from '../flips/compiled.ts';
import { afterEdit } from '../flips/flips.ts';
import { type Flip, segmentStateIn } from '../flips/state.ts';
import { flipEvent, membershipsWith } from '../flips/writes.ts';
import { RefreshRound } from '../refresh/round.ts';
import { changeSegment, NO_UNIT } from './change-segment.ts';

type BackfillDeps = Pick<Deps, 'store' | 'pause'>;

/**
 * Tells who entered and who left by the rules that went live, and takes leave of the old ruleVersions. Gives back how many flips
 * it told.
 */
export const announceEdits = async (deps: BackfillDeps, now: Instant): Promise<number> => {
  const compiledSegments = await readCompiledSegments(deps.store);
  let told = 0;
  for (const segment of compiledSegments.segments) {
    const { segmentId, retiring } = segment;
    if (retiring === null) continue;
    told += await announce(deps, compiledSegments, segment, now);
    await retrying(deps, () =>
      changeSegment(deps.store, segmentId, (found) =>
        found.retiring?.number === retiring ? { ...found, retiring: null } : null,
      ),
    );
  }
  return told;
};

/** Consumers of one transaction: three writes each. */
const PORTION = 33;
const PORTIONS_AT_ONCE = 8;

/** Members of the old and the new ruleVersion, side by side; those that an edit moves may be moved by it in other segments too. */
const announce = async (
  deps: BackfillDeps,
  compiledSegments: CompiledSegments,
  segment: SegmentRules,
  now: Instant,
): Promise<number> => {
  const round = new RefreshRound(deps, compiledSegments);
  const isNamed = namedIn(compiledSegments).has(segment.segmentId);
  let told = 0;
  const asked = { now, cause: 'rule_edited' } as const;
  const work = async (members: readonly Side[]) => {
    const { looked = [], others = [] } = Object.groupBy(members, ({ before, after }) =>
      isNamed && before !== after ? 'looked' : 'others',
    );
    told += (await round.lookAt(looked.map(({ consumerId }) => [consumerId, asked]))).length;
    const portions = inPortions(others);
    const flips = await inParallel(portions, PORTIONS_AT_ONCE, (portion) =>
      retrying(deps, () => announceTo(deps.store, segment, portion, now)),
    );
    told += flips.reduce((sum, flips) => sum + flips, 0);
  };
  let waiting: Side[] = [];
  for await (const member of sideBySide(deps.store, segment.retiring ?? NO_UNIT, segment.live?.number ?? NO_UNIT)) {
    waiting.push(member);
    if (waiting.length === PORTION * PORTIONS_AT_ONCE) await work(waiting.splice(0));
  }
  await work(waiting);
  waiting = [];
  return told + (await round.end()).length;
};

/** Ids of the segments that the rules of others look at. */
const namedIn = ({ catalogue }: CompiledSegments): Set<string> => {
  const rules = [...catalogue.segments.values()].flatMap(({ live, filling }) => [live?.rule, filling?.rule]);
  return new Set(rules.flatMap((rule) => (rule ? [...segmentsIn(parsedRule(rule))] : [])));
};

const inPortions = (members: readonly Side[]): Side[][] =>
  Array.from({ length: Math.ceil(members.length / PORTION) }, (_, nth) =>
    members.slice(nth * PORTION, (nth + 1) * PORTION),
  );

/** In one transaction; to whom it was told before, nothing is told. Gives back how many flips it told. */
const announceTo = async (
  store: Store,
  segment: SegmentRules,
  members: readonly Side[],
  now: Instant,
): Promise<number> => {
  const keys = members.map(({ consumerId }) => ({ kind: 'memberships', consumerId }) as const);
  const found = await store.get(keys, true);
  const all = members.map((member, nth) => announcement(segment, member, found[nth], now));
  await store.commit(all.flatMap(({ writes }) => writes));
  return all.filter(({ flip }) => flip !== null).length;
};

const announcement = (
  segment: SegmentRules,
  { consumerId, before: isEntry }: Side,
  memberships: RecordOf<'memberships'> | undefined,
  now: Instant,
): { writes: Write[]; flip: Flip | null } => {
  const ruleVersion = segment.retiring ?? NO_UNIT;
  const before = segmentStateIn(memberships);
  const { flip, ...after } = afterEdit(before, segment, now);
  const wasIn = before.ruleVersions[ruleVersion] !== undefined;
  const leave: Write[] = wasIn || isEntry ? [{ remove: { kind: 'member', consumerId, ruleVersion } }] : [];
  if (!memberships || (!wasIn && before.unannounced.size === after.unannounced.size))
    return { writes: leave, flip: null };
  const put = membershipsWith(memberships, after, flip ? [flip] : []);
  const event: Write[] = flip ? [{ put: flipEvent(put, flip, now), expect: 'anything' }] : [];
  return { writes: [{ put, expect: { version: memberships.version } }, ...leave, ...event], flip };
};

interface Side {
  consumerId: string;
  before: boolean;
  after: boolean;
}

async function* sideBySide(store: Store, one: number, other: number): AsyncGenerator<Side> {
  const [befores, afters] = [membersOf(store, one), membersOf(store, other)];
  let [before, after] = [(await befores.next()).value, (await afters.next()).value];
  while (before !== undefined || after !== undefined) {
    const consumerId = after === undefined || (before !== undefined && before < after) ? (before ?? '') : after;
    yield { consumerId, before: before === consumerId, after: after === consumerId };
    if (before === consumerId) before = (await befores.next()).value;
    if (after === consumerId) after = (await afters.next()).value;
  }
}

async function* membersOf(store: Store, ruleVersion: number): AsyncGenerator<string, undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.membersOfRuleVersion(ruleVersion, { limit: 500, cursor });
    for (const { consumerId } of page.items) yield consumerId;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
