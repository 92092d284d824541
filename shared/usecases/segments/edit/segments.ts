/** Segments as staff keep them. A new rule is filled with members by a workflow that the change itself starts. */
import { isDeepStrictEqual } from 'node:util';
import type { Instant, JsonObject } from '../../../domain/facts.ts';
import { UNTALLIED_TYPES } from '../../../domain/metrics/tallies.ts';
import { invalid, Refusal } from '../../../domain/refusal.ts';
import { conditionsIn } from '../../../domain/segments/references.ts';
import { parsedRule, type Rule, talliedIn as talliedOf } from '../../../domain/segments/rule.ts';
import { type Tallied, tallyKeyOf } from '../../../domain/segments/tally.ts';
import { found, putWrite, removeOnce, saveOnce } from '../../common/edits.ts';
import { refuseWhereUsed, usersOf } from '../../groups/bindings.ts';
import { bookmarksIn, withRevision } from '../../organization/catalogue.ts';
import type { Commit, Deps } from '../../ports/deps.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../../ports/store.ts';
import { refuseCircle } from './circles.ts';
import { progressIn, type SegmentShown, shown, shownWith } from './shown.ts';

type SegmentRecord = RecordOf<'segment'>;

export interface SegmentContent {
  name: string;
  rule: Rule;
}
export interface SegmentTarget {
  segmentId: string;
  ifMatch?: number | undefined;
}

const MOST_SEGMENTS = 2_000;
/** Different questions about events that all segments ask together: each is counted for every consumer, at every event. */
const MOST_TALLIED = 200;
/** Each request reads them with the settings. */
const MOST_TALLIED_BYTES = 64 * 1024;
/** The rule that is told and the one that is being filled stand in one item of 400 KB. */
const MOST_RULE_BYTES = 180 * 1024;

/** Throws `Refusal` `id_taken`, `segment_cycle` and `limit_reached`. */
export const createSegment = (
  deps: Deps,
  { segmentId: chosen, content, now }: { segmentId?: string | undefined; content: SegmentContent; now: Instant },
  commit: Commit,
): Promise<SegmentShown> => {
  const segmentId = chosen ?? deps.newId(now);
  return saveOnce(deps, now, {
    read: async () => {
      const { settings, segments } = await read(deps.store);
      return { settings, segments, existing: segments.find((segment) => segment.segmentId === segmentId) };
    },
    committed: ({ existing }, editId) => (existing?.editId === editId ? shown(deps.store, existing) : undefined),
    save: async ({ settings, segments, existing }, editId) => {
      if (existing) throw new Refusal('id_taken', 'There is a segment with this id.');
      if (segments.length >= MOST_SEGMENTS) throw new Refusal('limit_reached', `There are ${MOST_SEGMENTS} at most.`);
      const put: SegmentRecord = {
        kind: 'segment',
        segmentId,
        name: content.name,
        source: 'rule',
        version: 1,
        live: null,
        filling: { number: bookmarksIn(settings).nextUnit, rule: content.rule as unknown as JsonObject, since: now },
        retiring: null,
        createdAt: now,
        updatedAt: now,
        refreshedAt: null,
        editId,
      };
      return commit(editWrites(settings, segments, put, 'absent'), await shown(deps.store, put));
    },
  });
};

/** A rule that is not the same any more is filled anew. Throws `Refusal` `not_found`, `version_conflict`, `segment_cycle`. */
export const editSegment = (
  deps: Deps,
  { content, now, ...target }: SegmentTarget & { content: SegmentContent; now: Instant },
  commit: Commit,
): Promise<SegmentShown> => {
  return saveOnce(deps, now, {
    read: async () => {
      const { settings, segments } = await read(deps.store);
      return { settings, segments, existing: segments.find(({ segmentId }) => segmentId === target.segmentId) };
    },
    committed: ({ existing }, editId) => (existing?.editId === editId ? shown(deps.store, existing) : undefined),
    save: async ({ settings, segments, existing }, editId) => {
      const before = asSeen(existing, target);
      if (before.source === 'import') throw invalid('rule', 'invalid_value', 'Another system says who is in it.');
      const rule = content.rule as unknown as JsonObject;
      const isSameRule = isDeepStrictEqual(rule, (before.filling ?? before.live)?.rule);
      const filling = isSameRule ? before.filling : { number: bookmarksIn(settings).nextUnit, rule, since: now };
      const put = { ...before, name: content.name, filling, version: before.version + 1, updatedAt: now, editId };
      return commit(editWrites(settings, segments, put, { version: before.version }), await shown(deps.store, put));
    },
  });
};

/** Throws `Refusal` `not_found`, `version_conflict`, and `in_use` with the users named. */
export const removeSegment = (deps: Deps, target: SegmentTarget, commit: Commit): Promise<null> =>
  removeOnce(
    deps,
    () => read(deps.store),
    ({ segments }) => !segments.some(({ segmentId }) => segmentId === target.segmentId),
    async ({ settings, segments }) => {
      const segment = segments.find(({ segmentId }) => segmentId === target.segmentId);
      const { kind, segmentId, version } = asSeen(segment, target);
      refuseWhereUsed(await usersOf(deps.store, settings, { segmentId }));
      const rest = segments.filter((other) => other !== segment);
      const remove: Write = { remove: { kind, segmentId }, expect: { version } };
      return commit([remove, settingsWrite(settings, rest)], null);
    },
  );

/** Throws `Refusal('not_found')`. */
export const readSegment = async (store: Store, segmentId: string): Promise<SegmentShown> => {
  const [segment] = await store.get([{ kind: 'segment', segmentId }], true);
  return shown(store, asSeen(segment, {}));
};

/** In the order of their ids. Throws `Refusal('invalid_cursor')`. */
export const listSegments = async (store: Store, page: PageRequest): Promise<Page<SegmentShown>> => {
  const { items, nextCursor } = store.pageAmong('segments', await store.segments(), ({ segmentId }) => segmentId, page);
  const progress = await progressIn(store);
  return { items: items.map((segment) => shownWith(segment, progress)), nextCursor };
};

export const asSeen = (
  segment: SegmentRecord | undefined,
  { ifMatch }: Pick<SegmentTarget, 'ifMatch'>,
): SegmentRecord => found('segment', segment, ifMatch);

/** The settings first: each edit moves them, so what is decided on older segments is not committed. */
const read = async (store: Store) => {
  const [settings] = await store.get([{ kind: 'settings' }], true);
  return { settings, segments: await store.segments() };
};

/** The segment, and what all segments together ask of events: those that nobody asks for any more are dropped. */
const editWrites = (
  settings: RecordOf<'settings'> | undefined,
  segments: readonly SegmentRecord[],
  put: SegmentRecord,
  expect: Extract<Write, { put: unknown }>['expect'],
): Write[] => {
  if (bytesOf(put.filling?.rule ?? {}) > MOST_RULE_BYTES) {
    throw invalid('rule', 'too_long', `A rule has ${MOST_RULE_BYTES} bytes at most, as JSON.`);
  }
  const all = [...segments.filter(({ segmentId }) => segmentId !== put.segmentId), put];
  refuseCircle(all, put.segmentId);
  const tallied = talliedIn(all);
  if (Object.keys(tallied).length > MOST_TALLIED || bytesOf(tallied) > MOST_TALLIED_BYTES) {
    const most = `${MOST_TALLIED} different things, or ${MOST_TALLIED_BYTES} bytes of them`;
    throw new Refusal('limit_reached', `All segments together ask ${most} of events at most.`);
  }
  return [{ put, expect }, settingsWrite(settings, all)];
};

const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value));

const talliedIn = (segments: readonly SegmentRecord[]): Record<string, Tallied> => {
  const rules = segments.flatMap(({ live, filling }) => [live?.rule, filling?.rule]).filter((rule) => rule != null);
  return Object.assign({}, ...rules.map((rule) => talliedBy(parsedRule(rule))));
};

const settingsWrite = (settings: RecordOf<'settings'> | undefined, segments: readonly SegmentRecord[]): Write => {
  const nextRuleVersion = Math.max(
    bookmarksIn(settings).nextUnit,
    ...segments.map(({ filling }) => (filling?.number ?? 0) + 1),
  );
  const put = withRevision(settings, {
    nextUnit: nextRuleVersion,
    tallied: talliedIn(segments) as unknown as JsonObject,
  });
  return putWrite(settings, put);
};

/** What a rule asks of events, by key. */
export const talliedBy = (rule: Rule): Record<string, Tallied> =>
  Object.fromEntries(
    conditionsIn(rule).flatMap((condition) => {
      if (!('event' in condition)) return [];
      if (UNTALLIED_TYPES.has(condition.event)) {
        throw invalid('rule', 'invalid_value', `${condition.event} is recorded by Regulars itself: ask its attribute.`);
      }
      const tallied = talliedOf(condition);
      return [[tallyKeyOf(tallied), tallied]];
    }),
  );
