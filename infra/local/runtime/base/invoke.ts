/**
 * How parts of the stack invoke a function: by its logical id, with an event that is plain JSON. `onStart` is called when
 * an environment takes the event; before that, the invocation may wait for a free environment.
 */
export type Invoke = (functionId: string, event: unknown, onStart?: () => void) => Promise<unknown>;

/** A function's failure as Lambda answers it. */
export class LambdaFailure extends Error {
  readonly errorType: string;
  readonly errorMessage: string;
  constructor(errorType: string, errorMessage: string) {
    super(`${errorType}: ${errorMessage}`);
    this.name = 'LambdaFailure';
    this.errorType = errorType;
    this.errorMessage = errorMessage;
  }
}
