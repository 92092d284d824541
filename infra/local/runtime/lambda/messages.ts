/** Messages between an environment's worker thread and the pool. Events and results travel as JSON text. */

/** Start parameters of a worker thread. */
export interface EnvironmentSettings {
  codeDirectory: string;
  handler: string;
  functionName: string;
  functionArn: string;
  memoryMb: number;
}

/** Asks the worker to handle one event. */
export interface Invocation {
  requestId: string;
  event: string;
  deadlineMs: number;
}

/** `ready`: the code is loaded. `result`: an event was handled. `failure`: loading or handling failed. */
export interface Reply {
  kind: 'ready' | 'result' | 'failure';
  result?: string;
  error?: ErrorDescription;
}

export interface ErrorDescription {
  errorType: string;
  errorMessage: string;
  stack: string;
}
