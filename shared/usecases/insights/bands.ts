/** Announces loyalty bands that changed through decay alone. */
import type { Instant } from '../../domain/facts.ts';
import { bandWhenDue } from '../../domain/loyalty-band.ts';
import { retrying } from '../common/retrying.ts';
import { type WorkedThrough, workThroughDue } from '../common/work-through-due.ts';
import { isSameLoyalty, scoringOf } from '../organization/scoring.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import { rebuildMetrics } from './rebuild-metrics.ts';

/**
 * Processes the due consumers, earliest first: stores the band at the due instant and the next due instant. A consumer who
 * fell several bands is due several times, so that each fall is announced with its own instant.
 */
export const announceBands = (
  deps: Pick<Deps, 'store' | 'pause'>,
  run: { now: Instant; most: number },
): Promise<WorkedThrough> => workThroughDue(deps, 'metrics', run, (consumerId) => announce(deps, consumerId, run.now));

/** Whether the band changed. */
const announce = (deps: Pick<Deps, 'store' | 'pause'>, consumerId: string, now: Instant): Promise<boolean> =>
  retrying(deps, async () => {
    const [metrics, settings] = await deps.store.get([{ kind: 'metrics', consumerId }, { kind: 'settings' }], true);
    if (!metrics?.dueAt || metrics.dueAt > now) return false;
    const scoring = scoringOf(settings);
    if (!isSameLoyalty(metrics.scoringVersion, scoring.version)) {
      return rebuildMetrics(deps, consumerId, { now, always: false });
    }
    const { dueAt } = metrics;
    const put: RecordOf<'metrics'> = {
      ...metrics,
      ...bandWhenDue(metrics, dueAt, scoring.settings.loyalty),
      version: metrics.version + 1,
    };
    await deps.store.commit([{ put, expect: { version: metrics.version } }]);
    return put.band !== metrics.band;
  });
