/** Optimistic writing: decide, commit, and where others were faster decide again on what they left. */
import { Refusal } from '../../domain/refusal.ts';
import type { Deps } from '../ports/deps.ts';
import { WriteConflict } from '../ports/store.ts';

/** With the pauses of the composition root about 22 s: less than the gateway waits, enough for hundreds of writers. */
const MOST_RETRIES = 48;

/**
 * The attempt's result; it is made again, after a pause, as long as its commit conflicts. The first attempt (`retry` 0)
 * may read what is a moment old, the others must read fresh. Throws `Refusal('too_busy')` in the end.
 */
export const retrying = async <T>(deps: Pick<Deps, 'pause'>, attempt: (retry: number) => Promise<T>): Promise<T> => {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(retry);
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (retry >= MOST_RETRIES) throw new Refusal('too_busy', 'Others kept writing to the same consumer; try again.');
      await deps.pause(retry + 1);
    }
  }
};
