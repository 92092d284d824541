/**
 * A whole small world of segments over a store in memory: consumers who do things, the stream's consumers, the workflows
 * step by step as they are deployed, and the minute's job. Its clock is moved by hand.
 */

import { makeHandler as claimBackfill } from '../../functions/segments/steps/claim-backfill.ts';
import { makeHandler as fillSlice } from '../../functions/segments/steps/fill-slice.ts';
import { makeHandler as goLive } from '../../functions/segments/steps/go-live.ts';
import { makeHandler as letGo } from '../../functions/segments/steps/let-go.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { instantOf, MINUTE_MS, msOf, plusDays } from '../../shared/domain/instants.ts';
import { recordEvents } from '../../shared/usecases/events/record.ts';
import type { EventInput } from '../../shared/usecases/events/recording.ts';
import { countMembers } from '../../shared/usecases/groups/count-members.ts';
import { renameMembers } from '../../shared/usecases/groups/rename-members.ts';
import { archiveDue, archiveSlice } from '../../shared/usecases/insights/archive.ts';
import { archivingRulesIn } from '../../shared/usecases/insights/archiving.ts';
import { announceBands } from '../../shared/usecases/insights/bands.ts';
import { rebuildMetrics } from '../../shared/usecases/insights/rebuild-metrics.ts';
import { createList } from '../../shared/usecases/lists/lists.ts';
import { addToList, takeOffList } from '../../shared/usecases/lists/members.ts';
import { publishChanges } from '../../shared/usecases/outbox/publish.ts';
import { bookTime } from '../../shared/usecases/points/book-time.ts';
import type { DomainEvent } from '../../shared/usecases/ports/bus.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { Change, Store } from '../../shared/usecases/ports/store.ts';
import { resumeBackfill } from '../../shared/usecases/segments/backfill/backfill.ts';
import { refreshDue } from '../../shared/usecases/segments/refresh/due.ts';
import { followChanges } from '../../shared/usecases/segments/refresh/follow-changes.ts';
import { type ApiResponse, type Body, namedClient } from './client.ts';
import { depsOn, NOW, streaming } from './events.ts';
import type { Sent } from './http-event.ts';
import { joined } from './loyalty-program.ts';
import type { OperationId } from './published-answers.ts';
import { shop } from './shop.ts';

const operations = {
  createSegment: 'segments.create',
  editSegment: 'segments.edit',
  explain: 'segments.explain',
  listSegments: 'segments.list',
  listAttributes: 'segments.listAttributes',
  listMembers: 'segments.listMembers',
  listTemplates: 'segments.listTemplates',
  preview: 'segments.preview',
  readSegment: 'segments.read',
  removeSegment: 'segments.remove',
} as const satisfies Record<string, OperationId>;
type Endpoint = keyof typeof operations;
type Other = Omit<Sent, 'body' | 'params'>;

/** A workflow that was asked for. */
interface Started {
  name: string;
  execution: string;
  input: Record<string, unknown>;
}
export type World = ReturnType<typeof world>;

type Try = <T>(name: string, done: () => Promise<T>) => Promise<T>;
export interface Worse {
  /** Puts a worse store between the world and its table. */
  wrap?: (store: Store) => Store;
  /** Around each batch of the stream, each job, each step of a workflow. */
  attempt?: Try;
  /** What the stream's consumer does. */
  keep?: typeof keptUp;
}

export const world = ({ wrap = (store) => store, attempt = (_, done) => done(), keep = keptUp }: Worse = {}) => {
  const clock = { now: NOW };
  const plain = memoryStore();
  const stamped = stampedBy(plain, clock);
  const { changes } = stamped;
  const store = wrap(stamped.store);
  const deps = depsOn(store);
  const bus: DomainEvent[] = [];
  const started: Started[] = [];
  const workflows = startsIn(started);
  const shopping = shop(store);

  const call = (endpoint: Endpoint, sent: Sent = {}): Promise<ApiResponse> =>
    namedClient(operations, deps, { now: clock.now })(endpoint, sent);
  const get = (endpoint: Endpoint, params: Record<string, string> = {}, query = '') =>
    call(endpoint, { method: 'GET', params, query });
  const create = (segmentId: string, rule: unknown, name = segmentId) =>
    call('createSegment', { body: { segmentId, name, rule } });
  const edit = (segmentId: string, rule: unknown, other: Other & { name?: string } = {}) => {
    const { name = segmentId, ...sent } = other;
    return call('editSegment', { method: 'PUT', params: { segmentId }, body: { name, rule }, ...sent });
  };
  const remove = (segmentId: string, other: Other = {}) =>
    call('removeSegment', { method: 'DELETE', params: { segmentId }, ...other });
  const read = async (segmentId: string): Promise<Body> => (await get('readSegment', { segmentId })).body;

  /** Consumers with these ids, members of the programme. */
  const born = async (...consumerIds: string[]) => {
    for (const consumerId of consumerIds) {
      const [settings] = await store.get([{ kind: 'settings' }], true);
      const dueAt = plusDays(clock.now, archivingRulesIn(settings).afterDays);
      await joined(store, consumerId, { createdAt: clock.now, updatedAt: clock.now, dueAt });
    }
  };
  const record = async (consumerId: string, ...inputs: EventInput[]) => {
    const outcomes = await recordEvents(deps, { consumerId, now: clock.now }, inputs);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.refusal;
  };
  const ordered = (consumerId: string, orderId: string, totalMinor = 1_000, occurredAt = clock.now) =>
    record(consumerId, { type: 'order_placed', occurredAt, attributes: { orderId, totalMinor } });
  const patched = async (consumerId: string, body: object) => {
    const told = await shopping.patch(consumerId, body, { now: clock.now });
    if (told.status !== 200) throw new Error(`nobody was edited: ${JSON.stringify(told.body)}`);
  };
  const tagged = (consumerId: string, ...tags: string[]) => patched(consumerId, { tags });
  const posted = (consumerId: string, body: object): Promise<ApiResponse> =>
    shopping.call('postPoints', { params: { consumerId }, body: { reason: 'r', ...body }, now: clock.now });
  const plainly: <T>(writes: Parameters<Store['commit']>[0], result: T) => Promise<T> = async (writes, result) => {
    await store.commit(writes);
    return result;
  };
  const listed = async (listId: string) => {
    await createList(deps, { listId, name: listId, now: clock.now }, plainly);
  };
  const added = (listId: string, consumerId: string) =>
    addToList(deps, { listId, consumerId, now: clock.now }, plainly);
  const takenOff = (listId: string, consumerId: string) => takeOffList(deps, { listId, consumerId }, plainly);

  /** Hands everything that was written to the stream's consumers, until they write nothing more. */
  const delivered = async () => {
    while (changes.length > 0) {
      const batch = changes.splice(0);
      await attempt('stream', () => keep(deps, batch));
      const publish = async (events: readonly DomainEvent[]) => {
        bus.push(...events);
        return events.length;
      };
      await publishChanges({ bus: { publish }, workflows }, batch);
    }
  };
  const steps = stepsOn(deps, clock, attempt);
  const run = async ({ name, execution, input }: Started) => {
    if (name === 'segments-backfill') await steps.backfill(execution);
    if (name === 'segments-cleanup') await steps.cleanUp(input['units'] as number[]);
    if (name === 'metrics-rebuild') await attempt('fold', () => foldEveryone(deps, clock.now));
    if (name === 'archive-rebuild') await attempt('archive', () => archiveEveryone(deps, clock.now));
  };
  /** Until streams and workflows have nothing left to do. */
  const settled = async () => {
    for (;;) {
      await delivered();
      const next = started.find((one) => !ran.has(one));
      if (next === undefined) return;
      ran.add(next);
      await run(next);
    }
  };
  const ran = new Set<Started>();
  /** The minute's job about segments. */
  const minute = () =>
    attempt('minute', async () => {
      const worked = await refreshDue(deps, { now: clock.now, most: 1_000 });
      for (const { error } of worked.failed) throw error;
      await resumeBackfill({ store, workflows }, clock.now);
      return worked;
    });
  /** All jobs of the minute, and what the stream makes of them. */
  const jobs = async () => {
    await delivered();
    const run = { now: clock.now, most: 1_000 };
    await attempt('loyalty-decay', () => announceBands(deps, run));
    await attempt('points-expiry', () => bookTime(deps, run));
    await attempt('archive-inactive', () => archived(deps, run));
    await minute();
    await delivered();
  };
  /** With the jobs of each minute at which anything is due; or with none on the way: the next ones are late. */
  const passed = async (ms: number, isOnTime = true) => {
    const untilMs = msOf(clock.now) + ms;
    while (isOnTime) {
      const minuteMs = Math.max(msOf(clock.now), MINUTE_MS * Math.ceil(((await dueMs(store)) + 1) / MINUTE_MS));
      if (minuteMs > untilMs) break;
      clock.now = instantOf(minuteMs);
      await jobs();
    }
    clock.now = instantOf(untilMs);
  };

  return {
    ...{ plain, stream: stamped.store, store, deps, clock, changes, bus, started, ran, workflows, steps, shopping },
    ...{ call, get, create, edit, remove, read, born, record, ordered, patched, tagged, posted },
    ...{ listed, added, takenOff, delivered, settled, minute, jobs, passed, run },
  };
};

/** When something is due next, whatever it is. */
const dueMs = async (store: Store): Promise<number> => {
  const due = await Promise.all((['memberships', 'account', 'metrics', 'profile'] as const).map(store.nextDueAt));
  return Math.min(...due.map((at) => (at === null ? Number.POSITIVE_INFINITY : msOf(at))));
};

/** The changes of a store as the stream tells them: when each was written, to the second. */
const stampedBy = (plain: Store, clock: { now: string }): { store: Store; changes: Change[] } => {
  const { store, changes } = streaming(plain);
  const commit: Store['commit'] = async (writes) => {
    const before = changes.length;
    await store.commit(writes);
    for (const change of changes.slice(before)) change.at = `${clock.now.slice(0, 19)}.000Z`;
  };
  return { store: { ...store, commit }, changes };
};

/** A name that ran already is not started again. */
const startsIn = (started: Started[]) => ({
  start: async (name: string, execution: string, input: object) => {
    if (started.some((one) => one.name === name && one.execution === execution)) return;
    started.push({ name, execution, input: input as Record<string, unknown> });
  },
});

/** What the stream's consumer `keep-summaries` does for segments. */
export const keptUp = async (deps: Deps, batch: readonly Change[]) => {
  await followChanges(deps, batch);
  await countMembers(deps, batch);
  await renameMembers(deps, batch);
};

const foldEveryone = async (deps: Deps, now: string) => {
  for (let slice = 0; slice < deps.store.slices; slice++) {
    for await (const { consumerId } of deps.store.populationSlice(slice)) {
      await rebuildMetrics(deps, consumerId, { now, always: false });
    }
  }
};

const archiveEveryone = async (deps: Deps, now: string) => {
  for (let slice = 0; slice < deps.store.slices; slice++) await archiveSlice(deps, { slice }, { now, most: 1_000 });
};

const archived = async (deps: Deps, run: { now: string; most: number }) => {
  const { failed } = await archiveDue(deps, run);
  for (const { error } of failed) throw error;
};

interface Claimed {
  units: number[];
  hasWork: boolean;
  slices: object[];
}

/** The workflows, state by state as functions/workflows.ts has them; `step` is around each. */
export const stepsOn = (deps: Deps, clock: { now: string }, step: Try = (_, done) => done()) => {
  const claim = async (runId: string): Promise<Claimed> =>
    step('claim', () => claimBackfill(deps)({ runId, now: clock.now })) as Promise<Claimed>;
  const fill = async (slice: object) => {
    let input = slice;
    for (let done = false; !done; ) {
      const filled = await step('fill', () => fillSlice(deps)({ ...input, now: clock.now }));
      input = filled;
      done = filled.done;
    }
  };
  const live = (units: number[], runId = 'run') =>
    step('go-live', () => goLive(deps)({ runId, units, now: clock.now }));
  const backfill = async (runId: string) => {
    for (;;) {
      const { units, hasWork, slices } = await claim(runId);
      if (!hasWork) return;
      for (const slice of slices) await fill(slice);
      await live(units, runId);
    }
  };
  const cleanUp = async (units: number[]) => {
    let input = units;
    for (let done = false; !done; ) {
      const left = await step('let-go', () => letGo(deps)({ units: input, now: clock.now }));
      input = left.units;
      done = left.done;
    }
  };
  return { claim, fill, live, backfill, cleanUp };
};
