/** Bounds the environments of all functions together. */

export interface Idle {
  end(): void;
}

export class EnvironmentLimit {
  readonly #max: number;
  #open = 0;
  /** The one that has been idle longest comes first. */
  readonly #idle = new Set<Idle>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Ends the environment that has been idle longest where the limit is reached. False where none is idle. */
  makeRoom(): boolean {
    if (this.#open < this.#max) return true;
    const [longest] = this.#idle;
    longest?.end();
    return longest !== undefined;
  }

  opened(): void {
    this.#open += 1;
  }

  closed(): void {
    this.#open -= 1;
  }

  addIdle(idle: Idle): void {
    this.#idle.add(idle);
  }

  removeIdle(idle: Idle): void {
    this.#idle.delete(idle);
  }
}
