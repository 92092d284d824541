/** Lets calls through, and holds them back while exclusive work is done. */

export interface Gate {
  /** Makes the call, at once or as soon as exclusive work has ended. A call must not wait for another one. */
  through<T>(call: () => Promise<T>): Promise<T>;
  /** Waits until no call is under way, and does this while all others wait. One at a time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  let closed: Promise<unknown> | null = null;
  let underWay = 0;
  let emptied = () => {};
  const empty = () => (underWay === 0 ? Promise.resolve() : new Promise<void>((resolve) => (emptied = resolve)));

  const alone: Gate['alone'] = async (work) => {
    while (closed) await closed;
    const { promise, resolve } = Promise.withResolvers<void>();
    closed = promise;
    try {
      await empty();
      return await work();
    } finally {
      closed = null;
      resolve();
    }
  };
  return {
    through: async (call) => {
      while (closed) await closed;
      underWay += 1;
      try {
        return await call();
      } finally {
        underWay -= 1;
        if (underWay === 0) emptied();
      }
    },
    alone,
  };
}

/** A gate that never holds calls back. */
export const openGate: Pick<Gate, 'through'> = { through: (call) => call() };
