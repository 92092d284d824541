/** Stores that behave as databases do at their worst: slow, in any order, failing halfway. */
import type { Store } from '../../shared/usecases/ports/store.ts';
import { WriteConflict } from '../../shared/usecases/ports/store.ts';

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

type Around = <T>(call: () => Promise<T>, name: string) => Promise<T>;
/** Answers that come all at once. */
const PLAIN: ReadonlySet<string> = new Set(['pageAmong', 'slices', 'keyedHashOf']);
/** Answers that come one by one. */
const WALKS: ReadonlySet<string> = new Set([
  ...['stateSlice', 'populationSlice', 'historyOf'],
  ...['everythingOf', 'partOf', 'erasing'],
]);

/** A store of which each call, whatever it asks, is made by what is around it. */
export const withEach = (store: Store, around: Around): Store => {
  const wrapped = Object.entries(store).map(([name, call]) => {
    if (PLAIN.has(name) || typeof call !== 'function') return [name, call];
    const one = (...asked: unknown[]) => {
      const answer = () => (call as (...asked: unknown[]) => unknown)(...asked);
      return WALKS.has(name)
        ? walked(answer as () => AsyncIterable<unknown>, name, around)
        : around(answer as () => Promise<unknown>, name);
    };
    return [name, one];
  });
  return Object.fromEntries(wrapped) as Store;
};

async function* walked<T>(walk: () => AsyncIterable<T>, name: string, around: Around): AsyncGenerator<T> {
  const all = await around(async () => {
    const all: T[] = [];
    for await (const one of walk()) all.push(one);
    return all;
  }, name);
  yield* all;
}

/** As `failingAt`, whatever the call asks. Tells the calls that there were. */
export const failingAnywhere = (store: Store, callToFail: number, fault: Fault) => {
  const calls: string[] = [];
  const around: Around = async (call, name) => {
    if (calls.push(name) !== callToFail) return call();
    if (fault === 'after' || fault === 'unnoticed') await call();
    if (fault !== 'before' && fault !== 'after' && name === 'commit') throw new WriteConflict([]);
    throw new Error('the database did not answer');
  };
  return { store: withEach(store, around), calls };
};

/** As `interleaved`, whatever is asked. */
export const interleavedAnywhere = (store: Store, turn: () => number): Store => {
  const later = async () => {
    for (let waits = turn(); waits > 0; waits--) await new Promise((resolve) => setImmediate(resolve));
  };
  return withEach(store, async (call, name) => {
    if (name === 'commit') await later();
    const answer = await call();
    await later();
    return answer;
  });
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

/** As `failingAt`, whatever the call asks; and whether it came to that. */
export const failingEach = (store: Store, callToFail: number, fault: Fault): { store: Store; hasFailed(): boolean } => {
  let calls = 0;
  const faulty: Around = async (call, name) => {
    calls += 1;
    if (calls !== callToFail) return call();
    if (fault === 'after' || fault === 'unnoticed') await call();
    if (fault !== 'before' && fault !== 'after' && name === 'commit') throw new WriteConflict([]);
    throw new Error('the database did not answer');
  };
  return { store: withEach(store, faulty), hasFailed: () => calls >= callToFail };
};
