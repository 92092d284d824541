/** Working through those about whom time alone has changed something: only who is due costs anything. */
import type { Instant } from '../../domain/facts.ts';
import type { Deps } from '../ports/deps.ts';
import type { DueKind } from '../ports/store.ts';
import { isAbsence } from './absence.ts';
import { inParallel } from './in-parallel.ts';

/** `nextDueAt` is the next instant at which there is something to look at; null where nobody is due any more. */
export interface WorkedThrough {
  examined: number;
  changed: number;
  /** With whom it failed, and why; they stay due. */
  failed: { consumerId: string; error: unknown }[];
  nextDueAt: Instant | null;
}

/** The limit of one job run. 8 in parallel at 40 ms each take about 4 minutes; the run of the next minute continues. */
export const CONSUMERS_PER_RUN = 50_000;
const AT_ONCE = 8;
const PAGE = 200;
/** Where so many fail, it is not about them. */
const MOST_FAILED = 100;

/**
 * Does the work for everyone who is due, the earliest first; it must set when to look again, and says whether anything
 * changed. It leaves off after about `most`, and what a run leaves, the next one finds. Who fails stands in nobody's way.
 */
export const workThroughDue = async (
  { store }: Pick<Deps, 'store'>,
  kind: DueKind,
  { now, most }: { now: Instant; most: number },
  work: (consumerId: string) => Promise<boolean>,
): Promise<WorkedThrough> => {
  const total = { examined: 0, changed: 0 };
  const failed: WorkedThrough['failed'] = [];
  const seen = new Set<string>();
  while (total.examined < most && failed.length < MOST_FAILED) {
    // Those who failed are still the first who are due.
    const due = await store.dueConsumers(kind, now, PAGE + failed.length);
    // The index may lag behind: whoever was looked at for this instant is not due for it any more.
    const fresh = due.filter(({ consumerId, dueAt }) => !seen.has(`${consumerId} ${dueAt}`));
    if (fresh.length === 0) break;
    for (const { consumerId, dueAt } of fresh) seen.add(`${consumerId} ${dueAt}`);
    const changes = await inParallel(fresh, AT_ONCE, ({ consumerId }) =>
      work(consumerId).catch((error: unknown) => {
        if (!isAbsence(error)) failed.push({ consumerId, error });
        return false;
      }),
    );
    total.examined += fresh.length;
    total.changed += changes.filter(Boolean).length;
  }
  return { ...total, failed, nextDueAt: await store.nextDueAt(kind) };
};
