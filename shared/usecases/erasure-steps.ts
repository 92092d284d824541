/**
 * The steps of an erasure. Each reads the receipt and whom it is about, does its part, and puts down in the same
 * transactions what it removed: repeated, cut short or run twice at once, each item is counted when it goes, and once.
 */
import type { Instant } from '../domain/facts.ts';
import { msOf } from '../domain/instants.ts';
import { countedIn, summed } from './erase-consumer.ts';
import type { Bus, Deps, Files, RecordKey, RecordOf, Store, StoredRecord, Write } from './ports.ts';
import { retrying } from './retrying.ts';
import { updateAdvocates } from './update-advocates.ts';

export type ErasingDeps = Deps & { bus: Bus; files: Pick<Files, 'remove' | 'has'> };
export interface Step {
  erasureId: string;
  /** When the step was entered. */
  now: Instant;
}
type Receipt = RecordOf<'erasure'>;
type Subject = RecordOf<'erasureSubject'>;

/** Items of one transaction, less the receipt's own write. */
const AT_ONCE = 98;
/** A transaction takes 4 MB, what it removes counted; one item has 400 KB at most. */
const MOST_BYTES = 3_000_000;

/** Connected systems are told first: theirs read what the consumer is called there while it can still be read. */
export const tellConnected = (deps: ErasingDeps, step: Step): Promise<void> =>
  doing(deps, step, 'tell_connected', async ({ subject, receipt }) => {
    const sources = subject.sources.map(({ source }) => source);
    const detail = { consumerId: subject.consumerId, at: receipt.requestedAt, sources };
    const told = await deps.bus.publish([{ detailType: 'consumer.erased', detail, at: receipt.requestedAt }]);
    if (told < 1) throw new Error('the bus did not take it');
  });

/** Removes what is under the consumer's key, about `most` items at a time; done when a look finds nothing any more. */
export const removeItems = async (deps: ErasingDeps, step: Step, most: number): Promise<{ done: boolean }> => {
  const state = await stateOf(deps.store, step);
  if (state === null) return { done: true };
  const page: StoredRecord[] = [];
  let [gone, bytes] = [0, 0];
  for await (const record of deps.store.everythingOf(state.subject.consumerId)) {
    if (gone >= most) return { done: false };
    bytes += JSON.stringify(record).length;
    if (page.push(record) < AT_ONCE && bytes < MOST_BYTES) continue;
    gone += page.length;
    bytes = 0;
    await removed(deps, step, page.splice(0));
  }
  if (page.length > 0) await removed(deps, step, page);
  if (gone + page.length > 0) return { done: false };
  await doing(deps, step, 'remove_items', async () => undefined);
  return { done: true };
};

/**
 * Removes what names the consumer elsewhere: kept answers, which from now on say that it was erased; exports and their
 * files; claims to contacts, should any have been made by what was under way.
 */
export const removeNamed = (deps: ErasingDeps, step: Step): Promise<void> =>
  doing(deps, step, 'remove_named', async ({ subject: { consumerId } }) => {
    const answers = await deps.store.answersTo(consumerId);
    for (let start = 0; start < answers.length; start += AT_ONCE) {
      await answersWithdrawn(deps, step, answers.slice(start, start + AT_ONCE));
    }
    for (const { exportId } of await deps.store.exportsOf(consumerId)) await exportWithdrawn(deps, step, exportId);
    const subject = (await stateOf(deps.store, step))?.subject;
    if (!subject) return;
    for (const exportId of subject.exportIds) await deps.files.remove(exportId);
    await counting(deps, step, async () => {
      const claims = await claimsOf(deps.store, subject);
      return { writes: claims.map((remove) => ({ remove, expect: 'present' })), counts: countedIn(claims) };
    });
  });

/** Takes the consumer out of what is about others too. Percentiles, counts and sums follow from the table's stream. */
export const leaveShared = (deps: ErasingDeps, step: Step): Promise<void> =>
  doing(deps, step, 'leave_shared', ({ subject }) => updateAdvocates(deps, [subject.consumerId]));

/** What was under way when it began is over long before: what is still found then, the steps don't remove. */
const MOST_PATIENCE_MS = 15 * 60_000;

/**
 * Asks for everything again, each kind where `table.ts` says that it stands; `clean` where nothing is left. Throws where
 * something is left again and again.
 */
export const verify = async (deps: ErasingDeps, step: Step): Promise<{ clean: boolean }> => {
  const state = await stateOf(deps.store, step);
  if (state === null) return { clean: true };
  const left = await leftOf(deps, state.subject);
  const clean = Object.values(left).every((isLeft) => !isLeft);
  await marked(deps, step, 'verify', clean ? 'done' : 'failed');
  if (!clean && isOverdue(state.receipt, step.now)) throw new Error(`there is always something left: ${namesOf(left)}`);
  return { clean };
};

/** By where erasure finds an item: whether any is left. */
const leftOf = async (deps: ErasingDeps, subject: Subject): Promise<Record<string, boolean>> => {
  const { store, files } = deps;
  const { consumerId, exportIds } = subject;
  const named = [await store.answersTo(consumerId), await store.exportsOf(consumerId)];
  const written = await Promise.all(exportIds.map((exportId) => files.has(exportId)));
  const [advocates] = await store.get([{ kind: 'advocates' }], true);
  return {
    partition: !(await isEmpty(store.everythingOf(consumerId))),
    claims: (await claimsOf(store, subject)).length > 0,
    index: named.some((records) => records.length > 0) || written.includes(true),
    inside: advocates?.items.some((one) => one.consumerId === consumerId) ?? false,
  };
};

const namesOf = (left: Record<string, boolean>): string =>
  Object.keys(left)
    .filter((name) => left[name])
    .join(', ');

const isOverdue = ({ requestedAt, steps }: Receipt, now: Instant): boolean => {
  const begunAt = steps.find(({ name }) => name === 'begun_again')?.at ?? requestedAt;
  return msOf(now) - msOf(begunAt) > MOST_PATIENCE_MS;
};

const isEmpty = async (records: AsyncIterable<unknown>): Promise<boolean> => {
  for await (const _ of records) return false;
  return true;
};

/** The receipt says that it is done, and nobody can be told from it: whom it was about goes in the same transaction. */
export const complete = (deps: ErasingDeps, step: Step): Promise<void> =>
  changing(deps, step, ({ receipt }) => [
    {
      put: { ...after(receipt, step, 'receipt', 'done'), status: 'completed', completedAt: step.now },
      expect: { version: receipt.version },
    },
    { remove: { kind: 'erasureSubject', erasureId: step.erasureId }, expect: 'present' },
  ]);

/** What could not be done stays as it is, frozen; the receipt says so, until it is begun again. */
export const giveUp = (deps: ErasingDeps, step: Step): Promise<void> =>
  changing(deps, step, ({ receipt }) => [
    { put: { ...after(receipt, step, 'give_up', 'failed'), status: 'failed' }, expect: { version: receipt.version } },
  ]);

interface State {
  receipt: Receipt;
  subject: Subject;
}
/** Null where it was completed before. */
const stateOf = async (store: Store, { erasureId }: Step): Promise<State | null> => {
  const [receipt, subject] = await store.get(
    [
      { kind: 'erasure', erasureId },
      { kind: 'erasureSubject', erasureId },
    ],
    true,
  );
  if (!receipt) throw new TypeError('an erasure without its receipt');
  return subject ? { receipt, subject } : null;
};

/** Commits what is decided on the state; nothing where it was completed before. */
const changing = (deps: ErasingDeps, step: Step, decide: (state: State) => Write[] | Promise<Write[]>): Promise<void> =>
  retrying(deps, async () => {
    const state = await stateOf(deps.store, step);
    const writes = state ? await decide(state) : [];
    if (writes.length > 0) await deps.store.commit(writes);
  });

/** Does something, then puts down that it is done. */
const doing = async (
  deps: ErasingDeps,
  step: Step,
  name: string,
  act: (state: State) => Promise<void>,
): Promise<void> => {
  const state = await stateOf(deps.store, step);
  if (state === null) return;
  await act(state);
  await marked(deps, step, name, 'done');
};

const marked = (deps: ErasingDeps, step: Step, name: string, status: 'done' | 'failed'): Promise<void> =>
  changing(deps, step, ({ receipt }) => [
    { put: after(receipt, step, name, status), expect: { version: receipt.version } },
  ]);

/** Each step is told once, as it ended last. */
const after = (receipt: Receipt, { now }: Step, name: string, status: 'done' | 'failed'): Receipt => ({
  ...receipt,
  version: receipt.version + 1,
  steps: [...receipt.steps.filter((one) => one.name !== name), { name, at: now, status }],
});

interface Removals {
  writes: Write[];
  /** What goes with them, by kind. */
  counts: Record<string, number>;
  exportIds?: string[];
}

/**
 * Commits removals together with their count. Whoever else counts moves the receipt's version: then it is planned again, on
 * what is still there.
 */
const counting = (deps: ErasingDeps, step: Step, plan: (again: boolean) => Promise<Removals>): Promise<void> =>
  retrying(deps, async (retry) => {
    const state = await stateOf(deps.store, step);
    if (state === null) return;
    const { receipt, subject } = state;
    const { writes, counts, exportIds = [] } = await plan(retry > 0);
    if (writes.length === 0) return;
    const itemsRemoved = summed(receipt.itemsRemoved, counts);
    const noted: Write[] = exportIds.map((exportId) => ({
      put: { ...subject, exportIds: [...new Set([...subject.exportIds, exportId])] },
      expect: 'present',
    }));
    const put = { ...receipt, version: receipt.version + 1, itemsRemoved };
    await deps.store.commit([...writes, { put, expect: { version: receipt.version } }, ...noted]);
  });

const removed = (deps: ErasingDeps, step: Step, page: readonly RecordKey[]): Promise<void> =>
  counting(deps, step, async (again) => {
    const there = again ? await stillThere(deps.store, page) : page;
    return { writes: there.map((remove) => ({ remove, expect: 'present' })), counts: countedIn(there) };
  });

const stillThere = async <K extends RecordKey>(store: Store, keys: readonly K[]): Promise<K[]> => {
  const records = await store.get(keys, true);
  return keys.filter((_, n) => records[n] !== undefined);
};

/** A kept answer names nobody any more; the key is taken as long as it was. */
const answersWithdrawn = (deps: ErasingDeps, step: Step, page: readonly RecordOf<'idempotency'>[]): Promise<void> =>
  counting(deps, step, async () => {
    const there = (await deps.store.get(page, true)).flatMap((one) => (one?.consumerId === undefined ? [] : [one]));
    const writes = there.map(({ kind, keyHash, expiresAt }): Write => {
      return { put: { kind, keyHash, digest: null, status: 410, body: null, expiresAt }, expect: 'present' };
    });
    return { writes, counts: countedIn(there) };
  });

/** An export names nobody any more, and whoever is writing its file finds that out; the file is noted, to be removed. */
const exportWithdrawn = (deps: ErasingDeps, step: Step, exportId: string): Promise<void> =>
  counting(deps, step, async () => {
    const [found] = await deps.store.get([{ kind: 'export', exportId }], true);
    if (found?.consumerId === undefined) return { writes: [], counts: {} };
    const { consumerId: _, version, ...rest } = found;
    const put = { ...rest, version: version + 1, status: 'erased' } as const;
    return { writes: [{ put, expect: { version } }], counts: countedIn([found]), exportIds: [exportId] };
  });

/** Claims that the consumer has to contacts, of those that it once had. */
const claimsOf = async (store: Store, { consumerId, contacts }: Subject) => {
  const records = await store.get(
    contacts.map((contact) => ({ kind: 'contact', ...contact }) as const),
    true,
  );
  return records.filter((record) => record !== undefined).filter((record) => record.consumerId === consumerId);
};
