/** Optimistic writing: decide, commit, and where others were faster decide again on what they left. */
import { Refusal } from '../domain/refusal.ts';
import type { Deps } from './ports.ts';
import { WriteConflict } from './ports.ts';

/** With the pauses of the composition root about 15 s: less than a gateway waits, enough for hundreds of writers. */
const MOST_RETRIES = 40;

/**
 * The attempt's result; it is made again, after a pause, as long as its commit conflicts. The first attempt (`retry` 0)
 * may read what is a moment old; the others are given the conflict, which says what the others wrote, or read fresh.
 * Throws `Refusal('too_busy')` in the end.
 */
export const retrying = async <T>(
  deps: Pick<Deps, 'pause'>,
  attempt: (retry: number, conflict: WriteConflict | null) => Promise<T>,
): Promise<T> => {
  let conflict: WriteConflict | null = null;
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(retry, conflict);
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (retry >= MOST_RETRIES) throw new Refusal('too_busy', 'Others kept writing to the same consumer; try again.');
      conflict = error;
      await deps.pause(retry + 1);
    }
  }
};
