/** Accounts of many consumers, as many at a time as one read brings. */
import { inParallel } from '../common/in-parallel.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

const A_READ = 100;
const READS_AT_ONCE = 4;

/** What the work makes of the accounts of those of the consumers who have one, in their order. */
export const fromAccountsOf = async <T>(
  store: Store,
  consumerIds: readonly string[],
  work: (account: RecordOf<'account'>) => T,
): Promise<T[]> => {
  const starts = Array.from({ length: Math.ceil(consumerIds.length / A_READ) }, (_, n) => n * A_READ);
  const made = await inParallel(starts, READS_AT_ONCE, async (start) => {
    const keys = consumerIds
      .slice(start, start + A_READ)
      .map((consumerId) => ({ kind: 'account', consumerId }) as const);
    return (await store.get(keys, true)).flatMap((account) => (account ? [work(account)] : []));
  });
  return made.flat();
};
