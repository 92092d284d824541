/** Optimistic concurrency: decide, commit, and decide again on fresh state after a conflict. */
import { Refusal } from '../../domain/refusal.ts';
import type { Deps } from '../ports/deps.ts';
import { WriteConflict } from '../ports/store.ts';

/** About 22 s with the pauses of the composition root: below the gateway's timeout, enough for hundreds of writers. */
const MOST_RETRIES = 48;

/**
 * Returns the attempt's result. A conflicting commit is retried after a pause. The first attempt (`retry` 0) may use
 * eventually consistent reads; the others must read consistently. Throws `Refusal('too_busy')` after the last retry.
 */
export const retrying = async <T>(deps: Pick<Deps, 'pause'>, attempt: (retry: number) => Promise<T>): Promise<T> => {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(retry);
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (retry >= MOST_RETRIES)
        throw new Refusal('too_busy', 'Concurrent requests kept changing the same data. Try again.');
      await deps.pause(retry + 1);
    }
  }
};
