/** Ends what was started, in the right order. */

export interface Closing {
  /** What was added last is ended first. */
  add(end: () => Promise<void>): void;
  /** Ends everything once; the same promise for everyone who asks. */
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const ends: (() => Promise<void>)[] = [];
  let closed: Promise<void> | null = null;
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  return {
    add: (end) => ends.push(end),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
