/** The steps of an erasure that remove records and files. */
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

/** Removals per transaction. Leaves room for the write of the receipt and the subject. */
const AT_ONCE = 98;
/** Bytes per transaction. DynamoDB's limit of 4 MB includes removed items, of 400 KB each at most. */
const MOST_BYTES = 3_000_000;

/** Removes about `most` items from the consumer's partition. Returns `done` once a read finds the partition empty. */
export const removeItems = async (deps: ErasureDeps, step: StepInput, most: number): Promise<{ done: boolean }> => {
  const state = await erasureStateOf(deps.store, step);
  if (state === null) return { done: true };
  const page: StoredRecord[] = [];
  let [removed, bytes] = [0, 0];
  for await (const record of deps.store.everythingOf(state.subject.consumerId)) {
    if (removed >= most) return { done: false };
    bytes += JSON.stringify(record).length;
    if (page.push(record) < AT_ONCE && bytes < MOST_BYTES) continue;
    removed += page.length;
    bytes = 0;
    await removePage(deps, step, page.splice(0));
  }
  if (page.length > 0) await removePage(deps, step, page);
  if (removed + page.length > 0) return { done: false };
  await runStep(deps, step, 'remove_items', async () => undefined);
  return { done: true };
};

/**
 * Removes what names the consumer outside its partition: stored idempotent responses, which from now on answer 410; exports
 * and their files; and any claims to contacts that writes in flight have made.
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
  commitRemovals(deps, step, async (isRetry) => {
    const there = isRetry ? await stillThere(deps.store, page) : page;
    return { writes: there.map((remove) => ({ remove, expect: 'present' })), counts: countedIn(there) };
  });

const stillThere = async <K extends RecordKey>(store: Store, keys: readonly K[]): Promise<K[]> => {
  const records = await store.get(keys, true);
  return keys.filter((_, n) => records[n] !== undefined);
};

/** Replaces stored responses by one that names no consumer. The idempotency keys expire when they would have anyway. */
const withdrawAnswers = (deps: ErasureDeps, step: StepInput, page: readonly RecordOf<'idempotency'>[]): Promise<void> =>
  commitRemovals(deps, step, async () => {
    const there = (await deps.store.get(page, true)).flatMap((one) => (one?.consumerId === undefined ? [] : [one]));
    const writes = there.map(({ kind, keyHash, expiresAt }): Write => {
      return { put: { kind, keyHash, digest: null, status: 410, body: null, expiresAt }, expect: 'present' };
    });
    return { writes, counts: countedIn(there) };
  });

/** Removes the consumer from an export, which also stops a running writer, and records the file for removal. */
const withdrawExport = (deps: ErasureDeps, step: StepInput, exportId: string): Promise<void> =>
  commitRemovals(deps, step, async () => {
    const [found] = await deps.store.get([{ kind: 'export', exportId }], true);
    if (found?.consumerId === undefined) return { writes: [], counts: {} };
    const { consumerId: _, version, ...rest } = found;
    const put = { ...rest, version: version + 1, status: 'erased' } as const;
    return { writes: [{ put, expect: { version } }], counts: countedIn([found]), exportIds: [exportId] };
  });
