/** What segments come to: who is told to be in, what was told of it, and whether all of it is true. */
import { expect } from '@jest/globals';
import { evaluate } from '../../shared/domain/segments/evaluator.ts';
import type { DomainEvent } from '../../shared/usecases/ports/bus.ts';
import type { RecordOf } from '../../shared/usecases/ports/records.ts';
import type { Page, Store } from '../../shared/usecases/ports/store.ts';
import {
  asOf,
  type CompiledSegments,
  pictureFor,
  readCompiledSegments,
} from '../../shared/usecases/segments/flips/compiled.ts';
import { refreshEveryone } from '../../shared/usecases/segments/refresh/everyone.ts';
import type { World } from './segments.ts';

/** Everyone whom a question pages through. */
export const everyPage = async <T>(ask: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> => {
  const all: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page<T> = await ask(cursor);
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
};

/** Ids of those whom a segment is told to have, as its page of members says. */
export const membersOf = async (store: Store, segmentId: string): Promise<string[]> => {
  const [segment] = await store.get([{ kind: 'segment', segmentId }], true);
  const unit = segment?.live?.number;
  if (unit === undefined) return [];
  const members = await everyPage((cursor) => store.membersOfRuleVersion(unit, { limit: 100, cursor }));
  return members.map(({ consumerId }) => consumerId);
};

/** Entering and leaving as the history tells it, the oldest first. */
export const flipsOf = async (store: Store, consumerId: string): Promise<FlipTold[]> => {
  const events = await everyPage((cursor) => store.eventsOf(consumerId, { limit: 100, cursor }));
  return events
    .filter(({ type }) => type === 'segment_entered' || type === 'segment_left')
    .reverse()
    .map(({ type, occurredAt, attributes }) => ({
      segmentId: String(attributes['segmentId']),
      entered: type === 'segment_entered',
      at: occurredAt,
      cause: String(attributes['cause']),
    }));
};
export interface FlipTold {
  segmentId: string;
  entered: boolean;
  at: string;
  cause: string;
}

/** The same, as the bus was told about a consumer. */
export const flipsOnBus = (bus: readonly DomainEvent[], consumerId: string): FlipTold[] =>
  bus
    .filter(({ detailType, detail }) => detailType.startsWith('segment.') && detail['consumerId'] === consumerId)
    .map(({ detailType, detail: { segmentId, at, cause } }) => ({
      segmentId: String(segmentId),
      entered: detailType === 'segment.entered',
      at: String(at),
      cause: String(cause),
    }));

export const membershipsOf = async (store: Store, consumerId: string): Promise<RecordOf<'memberships'> | undefined> =>
  (await store.get([{ kind: 'memberships', consumerId }], true))[0];

const segmentsOf = async ({ store, clock }: World, consumerId: string, segmentation: CompiledSegments) => {
  const picture = await store.stateOf(consumerId);
  if (!picture) throw new Error('the consumer is gone');
  const { evaluator, context, segments } = segmentation;
  if (picture.profile.archived) return [];
  const { members } = evaluate(evaluator, pictureFor(picture), context, asOf(picture, clock.now));
  return segments.flatMap(({ segmentId, live }) =>
    live && members.has(live.index) ? [{ segmentId, unit: live.number }] : [],
  );
};

const allOf = (store: Store, people: readonly string[]) =>
  Promise.all(people.map((consumerId) => membershipsOf(store, consumerId)));
export const sorted = (flips: readonly FlipTold[]) => flips.map((flip) => JSON.stringify(flip)).sort();
const bySegment = (flips: readonly FlipTold[]) => [...Map.groupBy(flips, ({ segmentId }) => segmentId)];

/** Everyone is in what the facts say, told of each flip once, on the bus at least; and nothing has drifted. */
export const expectTruth = async (w: World, people: readonly string[], mayRepeat = false) => {
  const segmentation = await readCompiledSegments(w.store);
  const existing = [...segmentation.catalogue.segments.keys()];
  for (const { filling: next, retiring: last } of segmentation.catalogue.segments.values())
    expect([next, last]).toEqual([null, null]);
  for (const consumerId of people) {
    const right = await segmentsOf(w, consumerId, segmentation);
    const ids = right.map(({ segmentId }) => segmentId);
    const memberships = await membershipsOf(w.store, consumerId);
    const units = right.map(({ unit }) => String(unit)).sort();
    expect({ consumerId, units: Object.keys(memberships?.ruleVersions ?? {}).sort() }).toEqual({ consumerId, units });
    expect(memberships?.unannounced ?? []).toEqual([]);
    for (const id of existing) {
      expect([id, (await membersOf(w.store, id)).includes(consumerId)]).toEqual([id, ids.includes(id)]);
    }
    const flips = await flipsOf(w.store, consumerId);
    for (const [segmentId, own] of bySegment(flips)) {
      const entered = own.map((flip) => flip.entered);
      expect({ consumerId, segmentId, entered }).toEqual({ consumerId, segmentId, entered: alternating(own) });
    }
    const told = bySegment(flips).flatMap(([segmentId, own]) => (own.at(-1)?.entered ? [segmentId] : []));
    expect({ consumerId, told: told.sort() }).toEqual({ consumerId, told: ids.sort() });
    const onBus = sorted(flipsOnBus(w.bus, consumerId));
    expect(mayRepeat ? [...new Set(onBus)] : onBus).toEqual(sorted(flips));
  }
  const before = await allOf(w.store, people);
  expect(await refreshEveryone(w.deps, { now: w.clock.now, cause: 'change' })).toMatchObject({ flips: 0 });
  expect(await allOf(w.store, people)).toEqual(before);
};
export const alternating = (flips: readonly FlipTold[]): boolean[] => flips.map((_, nth) => nth % 2 === 0);
