/** Stores that behave as databases do at their worst: slow, in any order, failing halfway. */
import type { Store } from '../../shared/usecases/ports.ts';
import { WriteConflict } from '../../shared/usecases/ports.ts';

/** A store whose every answer comes later, in an order of its own: others always get in between. */
export const interleaved = (store: Store, turn: () => number): Store => {
  const later = async () => {
    for (let waits = turn(); waits > 0; waits--) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    ...store,
    get: async (keys, fresh) => {
      const records = await store.get(keys, fresh);
      await later();
      return records;
    },
    commit: async (writes) => {
      await later();
      await store.commit(writes);
      await later();
    },
  };
};

/** Small numbers, the same for the same seed. */
export const turns = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state % 5;
  };
};

export type Fault = 'before' | 'after' | 'conflict' | 'unnoticed';
export const FAULTS: Fault[] = ['before', 'after', 'conflict', 'unnoticed'];

/**
 * A store whose call of this number fails: before it did anything, after it took effect, by a conflict, or by one that
 * is told although it took effect.
 */
export const failingAt = (store: Store, callToFail: number, fault: Fault): Store => {
  let calls = 0;
  const faulty = async <T>(call: () => Promise<T>, isWrite: boolean): Promise<T> => {
    calls += 1;
    if (calls !== callToFail) return call();
    if (fault === 'after' || fault === 'unnoticed') await call();
    if (fault !== 'before' && fault !== 'after' && isWrite) throw new WriteConflict([]);
    throw new Error('the database did not answer');
  };
  return {
    ...store,
    get: (keys, fresh) => faulty(() => store.get(keys, fresh), false),
    commit: (writes) => faulty(() => store.commit(writes), true),
  };
};

/** Sends as a caller does who was not answered: the same again, until there is an answer. */
export const untilAnswered = async <T>(send: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
};
