/** Ends what was started, in the right order. */

type End = () => Promise<void>;

export class Closing {
  readonly #work: End[] = [];
  readonly #ends: End[] = [];
  #closed: Promise<void> | null = null;

  /** Adds a part that does work. All work stops at the same time and before anything else ends. */
  addWork(stop: End): void {
    this.#work.push(stop);
  }

  /** Adds a part that others use. The part that was added last ends first. */
  add(end: End): void {
    this.#ends.push(end);
  }

  /** Ends everything once. Later calls return the same promise. */
  readonly close = (): Promise<void> => {
    this.#closed ??= this.#close();
    return this.#closed;
  };

  async #close(): Promise<void> {
    await Promise.all(this.#work.map((stop) => stop()));
    for (const end of this.#ends.reverse()) await end();
  }
}
