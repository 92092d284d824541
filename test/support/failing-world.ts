/** The small world of segments over a table that fails at one call. */
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type World, type Worse, world } from './segments.ts';
import { FAULTS, type Fault, failingAnywhere, untilAnswered } from './wrapped-stores.ts';

/** A world whose table fails at one call, once it is told to begin; who fails is called again, unless it dies of it. */
export const failing = (callToFail: number, fault: Fault, dies = false, worse: Worse = {}) => {
  const state = { isFailing: false };
  let calls: readonly string[] = [];
  const w = world({
    ...worse,
    wrap: (store) => {
      const faulty = failingAnywhere(store, callToFail, fault);
      calls = faulty.calls;
      return switching(store, faulty.store, () => state.isFailing);
    },
    attempt: (_, done) => (dies ? done() : untilAnswered(done)),
  });
  return { w, state, calls };
};

/** One of two stores, call by call. */
const switching = (one: Store, other: Store, isOther: () => boolean): Store => {
  const names = Object.keys(one) as (keyof Store)[];
  const pick = (name: keyof Store) => ({ enumerable: true, get: () => (isOther() ? other : one)[name] });
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, pick(name)]))) as Store;
};

/** Each call that is made where none fails, with the faults that it may have. */
export const casesOf = async (
  prepare: (w: World) => Promise<unknown>,
  happen: (w: World) => Promise<unknown>,
): Promise<(readonly [call: number, fault: Fault])[]> => {
  const { w, state, calls } = failing(0, 'before');
  await prepare(w);
  state.isFailing = true;
  await happen(w);
  return calls.flatMap((name, nth) =>
    (name === 'commit' ? FAULTS : FAULTS.slice(0, 1)).map((fault) => [nth + 1, fault] as const),
  );
};
