/** Announcing the loyalty bands that decay alone has changed. */
import type { Instant } from '../domain/facts.ts';
import { bandWhenDue } from '../domain/loyalty-band.ts';
import { foldAgain } from './fold-again.ts';
import { inParallel } from './in-parallel.ts';
import type { Deps, RecordOf } from './ports.ts';
import { retrying } from './retrying.ts';
import { scoringOf } from './scoring.ts';

/** `nextDueAt` is the next instant at which there is something to look at; null where nobody's band can change. */
export interface Announced {
  examined: number;
  changed: number;
  /** Whom it could not look at, and why; they stay due. */
  failed: { consumerId: string; error: unknown }[];
  nextDueAt: Instant | null;
}

const AT_ONCE = 8;
const PAGE = 200;
/** Where so many fail, it is not about them. */
const MOST_FAILED = 100;

/**
 * Looks at everyone who is due, the earliest first, and writes the band that is true at their instant and when to look
 * again. Who fell several bands is due several times, so that each fall is announced with its own instant. The cost is
 * that of who is due; it leaves off after about `most`, and what a run leaves, the next one finds. Who fails stands in
 * nobody's way.
 */
export const announceBands = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { now, most }: { now: Instant; most: number },
): Promise<Announced> => {
  const total = { examined: 0, changed: 0 };
  const failed: Announced['failed'] = [];
  const seen = new Set<string>();
  while (total.examined < most && failed.length < MOST_FAILED) {
    // Those who failed are still the first who are due.
    const due = await deps.store.dueConsumers('metrics', now, PAGE + failed.length);
    // The index may lag behind: whoever was looked at for this instant is not due for it any more.
    const fresh = due.filter(({ consumerId, dueAt }) => !seen.has(`${consumerId} ${dueAt}`));
    if (fresh.length === 0) break;
    for (const { consumerId, dueAt } of fresh) seen.add(`${consumerId} ${dueAt}`);
    const changes = await inParallel(fresh, AT_ONCE, ({ consumerId }) =>
      announce(deps, consumerId, now).catch((error: unknown) => {
        failed.push({ consumerId, error });
        return false;
      }),
    );
    total.examined += fresh.length;
    total.changed += changes.filter(Boolean).length;
  }
  return { ...total, failed, nextDueAt: await deps.store.nextDueAt('metrics') };
};

/** Whether the band changed. */
const announce = (deps: Pick<Deps, 'store' | 'pause'>, consumerId: string, now: Instant): Promise<boolean> =>
  retrying(deps, async () => {
    const [metrics, settings] = await deps.store.get([{ kind: 'metrics', consumerId }, { kind: 'settings' }], true);
    if (!metrics?.dueAt || metrics.dueAt > now) return false;
    const scoring = scoringOf(settings);
    if (metrics.scoringVersion !== scoring.version) return foldAgain(deps, consumerId, { now, always: false });
    const { dueAt } = metrics;
    const put: RecordOf<'metrics'> = {
      ...metrics,
      ...bandWhenDue(metrics, dueAt, scoring.settings.loyalty),
      version: metrics.version + 1,
    };
    await deps.store.commit([{ put, expect: { version: metrics.version } }]);
    return put.band !== metrics.band;
  });
