/** Processes the consumers for whom time alone changed something. The cost depends only on how many are due. */
import type { Instant } from '../../domain/facts.ts';
import type { Deps } from '../ports/deps.ts';
import type { DueKind } from '../ports/store.ts';
import { isAbsence } from './absence.ts';
import { inParallel } from './in-parallel.ts';

/** `nextDueAt` is the next instant at which a consumer is due; null if there is none. */
export interface WorkedThrough {
  examined: number;
  changed: number;
  /** Consumers whose work failed, with the error. They stay due for the next run. */
  failed: { consumerId: string; error: unknown }[];
  nextDueAt: Instant | null;
}

/** The limit of one job run. 8 in parallel at 40 ms each take about 4 minutes; the run of the next minute continues. */
export const CONSUMERS_PER_RUN = 50_000;
const AT_ONCE = 8;
const PAGE = 200;
/** This many failures indicate a general fault rather than faulty consumers. */
const MOST_FAILED = 100;

/**
 * Does the work for each due consumer, earliest first. `work` must store the next due instant and returns whether anything
 * changed. A run stops after about `most` consumers; the next run continues. A failed consumer does not block the others.
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
    // The index is eventually consistent: a consumer processed for this instant may still be listed under it.
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
