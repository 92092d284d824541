import { job } from '../../shared/edge/job.ts';
import { logError, logInfo } from '../../shared/edge/log.ts';
import { announceBands } from '../../shared/usecases/announce-bands.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

/** Eight at once, at 40 ms each, take some four minutes; the next minute's run goes on where this one leaves off. */
const CONSUMERS_A_RUN = 50_000;

/** Throws where anybody failed, after all others were looked at, so that somebody is told. */
export const makeHandler = (deps: Deps) =>
  job(async ({ now }) => {
    const { failed, ...announced } = await announceBands(deps, { now, most: CONSUMERS_A_RUN });
    for (const { consumerId, error } of failed) logError('band not announced', error, { consumerId });
    if (failed.length > 0) {
      logInfo('bands announced, but not all', { ...announced, failed: failed.length });
      throw new BandsNotAnnounced();
    }
    return announced;
  });

/** Only its name reaches the log, where all else was said already. */
class BandsNotAnnounced extends Error {
  override readonly name = 'BandsNotAnnounced';
}
