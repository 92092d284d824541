/** Lets workflows wait for the stack's clock, and knows when all of them are idle. */
import type { Clock } from '../base/clock.ts';

/**
 * A `wait` is for an instant, and its workflow is idle until then. A `moment` is for something that will have come
 * about by then, a `backoff` for something that may have got over what ails it: both are work under way.
 */
export type Reason = 'wait' | 'moment' | 'backoff';

export interface Pauses {
  /** Counts work as under way until it has ended. */
  working<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves at the instant, or at once when the stack stops. */
  until(atMs: number, why: Reason): Promise<void>;
  /** Resolves when no work is under way but what waits. Moments and retries are then cut short. */
  idle(): Promise<void>;
}

/** How long pauses may still last once a caller waits for idleness. Nothing here takes seconds to come about. */
const HURRIED_MS = { moment: 100, backoff: 1_000 };

export function createPauses(clock: Clock, stopping: AbortSignal): Pauses {
  const ending = new Set<() => void>();
  const hurrying = new Set<() => void>();
  const idling = new Set<() => void>();
  let busy = 0;
  const settle = () => {
    if (busy > 0) return;
    for (const resolve of idling) resolve();
    idling.clear();
  };
  stopping.addEventListener('abort', () => {
    for (const end of [...ending]) end();
  });

  const until: Pauses['until'] = (atMs, why) => {
    if (stopping.aborted || atMs <= clock.nowMs()) return Promise.resolve();
    if (why === 'wait') busy -= 1;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = () => {
        if (!ending.delete(end)) return;
        hurrying.delete(hurry);
        clearTimeout(timer);
        callOff();
        if (why === 'wait') busy += 1;
        resolve();
      };
      const hurry = () => {
        if (why !== 'wait') timer ??= setTimeout(end, HURRIED_MS[why]);
      };
      ending.add(end);
      const callOff = Number.isFinite(atMs) ? clock.whenReached(atMs, end) : () => {};
      hurrying.add(hurry);
      if (idling.size > 0) hurry();
      settle();
    });
  };
  return {
    working: async (work) => {
      busy += 1;
      try {
        return await work();
      } finally {
        busy -= 1;
        settle();
      }
    },
    until,
    idle: () => {
      if (busy === 0) return Promise.resolve();
      for (const hurry of hurrying) hurry();
      return new Promise((resolve) => idling.add(resolve));
    },
  };
}
