/** The steps of an erasure that remove. */

import type { RecordKey, RecordOf, StoredRecord } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { countedIn } from './erase-consumer.ts';
import {
  commitRemovals,
  contactClaimsOf,
  type ErasureDeps,
  erasureStateOf,
  runStep,
  type StepInput,
} from './erasure-state.ts';

/** Items of one transaction, less the receipt's own write. */
const AT_ONCE = 98;
/** A transaction takes 4 MB, what it removes counted; one item has 400 KB at most. */
const MOST_BYTES = 3_000_000;

/** Removes what is under the consumer's key, about `most` items at a time; done when a look finds nothing any more. */
export const removeItems = async (deps: ErasureDeps, step: StepInput, most: number): Promise<{ done: boolean }> => {
  const state = await erasureStateOf(deps.store, step);
  if (state === null) return { done: true };
  const page: StoredRecord[] = [];
  let [gone, bytes] = [0, 0];
  for await (const record of deps.store.everythingOf(state.subject.consumerId)) {
    if (gone >= most) return { done: false };
    bytes += JSON.stringify(record).length;
    if (page.push(record) < AT_ONCE && bytes < MOST_BYTES) continue;
    gone += page.length;
    bytes = 0;
    await removePage(deps, step, page.splice(0));
  }
  if (page.length > 0) await removePage(deps, step, page);
  if (gone + page.length > 0) return { done: false };
  await runStep(deps, step, 'remove_items', async () => undefined);
  return { done: true };
};

/**
 * Removes what names the consumer elsewhere: kept answers, which from now on say that it was erased; exports and their
 * files; claims to contacts, should any have been made by what was under way.
 */
export const removeNamed = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  runStep(deps, step, 'remove_named', async ({ subject: { consumerId } }) => {
    const answers = await deps.store.answersTo(consumerId);
    for (let start = 0; start < answers.length; start += AT_ONCE) {
      await withdrawAnswers(deps, step, answers.slice(start, start + AT_ONCE));
    }
    for (const { exportId } of await deps.store.exportsOf(consumerId)) await withdrawExport(deps, step, exportId);
    const subject = (await erasureStateOf(deps.store, step))?.subject;
    if (!subject) return;
    for (const exportId of subject.exportIds) await deps.files.remove(exportId);
    await commitRemovals(deps, step, async () => {
      const claims = await contactClaimsOf(deps.store, subject);
      return { writes: claims.map((remove) => ({ remove, expect: 'present' })), counts: countedIn(claims) };
    });
  });

const removePage = (deps: ErasureDeps, step: StepInput, page: readonly RecordKey[]): Promise<void> =>
  commitRemovals(deps, step, async (again) => {
    const there = again ? await stillThere(deps.store, page) : page;
    return { writes: there.map((remove) => ({ remove, expect: 'present' })), counts: countedIn(there) };
  });

const stillThere = async <K extends RecordKey>(store: Store, keys: readonly K[]): Promise<K[]> => {
  const records = await store.get(keys, true);
  return keys.filter((_, n) => records[n] !== undefined);
};

/** A kept answer names nobody any more; the key is taken as long as it was. */
const withdrawAnswers = (deps: ErasureDeps, step: StepInput, page: readonly RecordOf<'idempotency'>[]): Promise<void> =>
  commitRemovals(deps, step, async () => {
    const there = (await deps.store.get(page, true)).flatMap((one) => (one?.consumerId === undefined ? [] : [one]));
    const writes = there.map(({ kind, keyHash, expiresAt }): Write => {
      return { put: { kind, keyHash, digest: null, status: 410, body: null, expiresAt }, expect: 'present' };
    });
    return { writes, counts: countedIn(there) };
  });

/** An export names nobody any more, and whoever is writing its file finds that out; the file is noted, to be removed. */
const withdrawExport = (deps: ErasureDeps, step: StepInput, exportId: string): Promise<void> =>
  commitRemovals(deps, step, async () => {
    const [found] = await deps.store.get([{ kind: 'export', exportId }], true);
    if (found?.consumerId === undefined) return { writes: [], counts: {} };
    const { consumerId: _, version, ...rest } = found;
    const put = { ...rest, version: version + 1, status: 'erased' } as const;
    return { writes: [{ put, expect: { version } }], counts: countedIn([found]), exportIds: [exportId] };
  });
