/** Step Functions: runs the template's state machines, and resumes executions that a kill or a stop interrupted. */
import { randomUUID } from 'node:crypto';
import type { FunctionModel, StateMachineModel } from '../assembly/model.ts';
import { AwsError } from '../base/aws-error.ts';
import type { Clock } from '../base/clock.ts';
import { appendLine, readLines, replaceLines } from '../base/files.ts';
import { type Invoke, LambdaFailure } from '../base/invoke.ts';
import { anonymizer } from '../base/redaction.ts';
import { Stopped } from '../base/stopped.ts';
import { checkedMachine, type Machine } from './definition.ts';
import { StatesError } from './expressions.ts';
import type { Run } from './frame.ts';
import { createPauses, type Pauses, type Reason } from './pauses.ts';
import { runFlow } from './run.ts';
import { createTrail, type Trail, type TrailEvent } from './trail.ts';

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
export interface Execution {
  executionArn: string;
  name: string;
  stateMachine: string;
  stateMachineArn: string;
  status: Status;
  startedAt: string;
  stoppedAt: string | null;
  input: unknown;
  output: unknown;
  error: { error: string; cause: string } | null;
  history: Record<string, unknown>[];
}
export interface StateMachineSettings {
  machines: Map<string, StateMachineModel>;
  functions: Map<string, FunctionModel>;
  invoke: Invoke;
  /** Sends a message to the queue with this URL. False where there is no such queue. */
  send?: (queueUrl: string, body: unknown) => boolean;
  clock: Clock;
  /** Keeps executions between runs, one event a line. Null keeps them in memory. */
  file: string | null;
  log?: (line: string) => void;
}

interface Kept extends Execution {
  trail: Trail;
}
type Line = { execution: string } & TrailEvent;

/** Throws where a definition holds something that does not run here, naming it. */
export class StateMachines {
  readonly #settings: StateMachineSettings;
  readonly #definitions: Map<string, Machine>;
  readonly #executions = new Map<string, Kept>();
  readonly #stopping = new AbortController();
  readonly #pauses: Pauses;
  readonly #means: Means;

  constructor(settings: StateMachineSettings) {
    const { machines, clock } = settings;
    this.#settings = settings;
    this.#definitions = new Map(
      [...machines].map(([id, { name, definition }]) => [id, checkedMachine(name, definition)]),
    );
    this.#pauses = createPauses(clock, this.#stopping.signal);
    this.#means = {
      call: callerOf(settings),
      send: senderOf(settings),
      clock,
      pauses: this.#pauses,
      stopping: this.#stopping,
    };
    this.#recall();
  }

  /**
   * Starts an execution and returns its ARN, once it is kept. A name that was started with the same input returns the
   * earlier execution; with another input that is an `ExecutionAlreadyExists`.
   */
  async start(machine: string, input: unknown, name: string = randomUUID()): Promise<string> {
    const model = this.#modelOf(machine);
    const earlier = this.#executions.get(executionArnOf(model, name));
    if (earlier) {
      if (JSON.stringify(earlier.input) === JSON.stringify(input)) return earlier.executionArn;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${earlier.executionArn}'`);
    }
    const execution = this.#adopt(model, name, []);
    execution.input = input;
    const started = { type: 'ExecutionStarted', scope: '', step: 0, state: '' };
    execution.trail.add({ ...started, machine: model.logicalId, name, input });
    this.#begin(model, execution);
    return execution.executionArn;
  }

  find(executionArn: string): Execution | undefined {
    const execution = this.#executions.get(executionArn);
    return execution && publicView(execution);
  }

  /** All executions, the newest first. */
  list(): Execution[] {
    return [...this.#executions.values()].map(publicView).reverse();
  }

  /** Anonymizes these ids in executions that have ended: their histories name consumers, as cursors for example. */
  forget(ids: string[]): void {
    const ended = [...this.#executions.values()].filter(({ status }) => status !== 'RUNNING');
    const anonymous = anonymizer(ids);
    for (const { trail } of ended) trail.events.splice(0, trail.events.length, ...trail.events.map(anonymous));
    const { file } = this.#settings;
    if (file === null) return;
    const arns = new Set(ended.map(({ executionArn }) => executionArn));
    const lines = readLines(file) as Line[];
    replaceLines(
      file,
      lines.map((line) => (arns.has(line.execution) ? anonymous(line) : line)),
    );
  }

  /** Resolves when every execution has ended or waits for the clock, longer than for a moment. */
  idle(): Promise<void> {
    return this.#pauses.idle();
  }

  /** Waits for states that are being run. The next start resumes the executions. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.idle();
  }

  #modelOf(machine: string): StateMachineModel {
    const models = [...this.#settings.machines.values()];
    const model = models.find((one) => [one.arn, one.logicalId, one.name].includes(machine));
    if (!model) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machine}'`);
    return model;
  }

  #adopt(model: StateMachineModel, name: string, past: Line[]): Kept {
    const { clock, file } = this.#settings;
    const executionArn = executionArnOf(model, name);
    const keep = (event: TrailEvent) => {
      if (file !== null) appendLine(file, { execution: executionArn, ...event });
    };
    const execution: Kept = {
      executionArn,
      name,
      stateMachine: model.name,
      stateMachineArn: model.arn,
      status: 'RUNNING',
      startedAt: clock.now(),
      stoppedAt: null,
      input: null,
      output: null,
      error: null,
      history: [],
      trail: createTrail(clock.now, keep, past),
    };
    this.#executions.set(executionArn, execution);
    return execution;
  }

  #begin(model: StateMachineModel, execution: Kept): void {
    this.#pauses
      .working(() => this.#run(model, execution))
      .catch((error: unknown) => this.#settings.log?.(`workflows: ${execution.name}: ${String(error)}`));
  }

  async #run(model: StateMachineModel, execution: Kept): Promise<void> {
    const machine = this.#definitions.get(model.logicalId);
    if (!machine) return;
    const ending = await carryOut(machine, model, execution, this.#means);
    if (ending === null) return;
    const { status, ...rest } = ending;
    execution.trail.add({ type: ENDED[status], scope: '', step: 0, state: '', ...rest });
    Object.assign(execution, { status, stoppedAt: this.#settings.clock.now(), ...rest });
  }

  /** Reads the executions of earlier runs, and resumes those that have not ended. */
  #recall(): void {
    const { file, machines } = this.#settings;
    if (file === null) return;
    const lines = readLines(file) as Line[];
    for (const past of Map.groupBy(lines, ({ execution }) => execution).values()) {
      const [first] = past;
      const model = machines.get(String(first?.['machine']));
      if (first && model) this.#recallOne(model, first, past);
    }
  }

  #recallOne(model: StateMachineModel, first: Line, past: Line[]): void {
    const execution = this.#adopt(model, String(first['name']), past);
    Object.assign(execution, { startedAt: first.at, input: first['input'] });
    const end = past.find(({ type }) => Object.values<string>(ENDED).includes(type));
    if (!end) {
      // Once the caller has assembled the stack.
      setImmediate(() => this.#begin(model, execution));
      return;
    }
    const status = Object.entries(ENDED).find(([, type]) => type === end.type)?.[0];
    const { output = null, error = null } = end;
    Object.assign(execution, { status, stoppedAt: end.at, output, error });
  }
}

const executionArnOf = (model: StateMachineModel, name: string): string =>
  `${model.arn.replace(':stateMachine:', ':execution:')}:${name}`;

const ENDED = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
} as const;
type Ending = { status: keyof typeof ENDED; output?: unknown; error?: { error: string; cause: string } };

interface Means {
  call: Run['call'];
  send: Run['send'];
  clock: Clock;
  pauses: Pauses;
  stopping: AbortController;
}

/** Runs an execution to its end; null where the stack stopped first. */
async function carryOut(
  machine: Machine,
  model: StateMachineModel,
  execution: Kept,
  means: Means,
): Promise<Ending | null> {
  const { call, send, clock, pauses, stopping } = means;
  const { executionArn: Id, name: Name, input: Input, startedAt: StartTime, trail } = execution;
  const endsMs = Date.parse(StartTime) + (machine.TimeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const checkGoing = () => {
    if (stopping.signal.aborted) throw new Stopped();
    if (clock.nowMs() >= endsMs) throw new TimedOut();
  };
  const context = {
    Execution: { Id, Name, Input, StartTime, RedriveCount: 0 },
    StateMachine: { Id: model.arn, Name: model.name },
  };
  const pauseUntil = (atMs: number, why: Reason) => pauses.until(Math.min(atMs, endsMs), why);
  const run = { context, trail, nowMs: clock.nowMs, call, send, pauseUntil, checkGoing };
  try {
    const output = await runFlow(run, machine, { id: '', input: Input, outer: {}, checkWanted: () => {} });
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    if (error instanceof Stopped) return null;
    if (error instanceof TimedOut) return { status: 'TIMED_OUT', error: { error: 'States.Timeout', cause: '' } };
    const { error: code, cause } =
      error instanceof StatesError ? error : new StatesError('States.Runtime', String(error));
    return { status: 'FAILED', error: { error: code, cause } };
  }
}

/** The whole execution ran out of time: nothing in it catches that. */
class TimedOut extends Error {}

/** Invokes a function that a state names by ARN, with or without a version, or by name. */
function callerOf({ functions, invoke }: StateMachineSettings): Means['call'] {
  const models = [...functions.values()];
  return async (named, payload) => {
    const arn = named.replace(/:\$LATEST$/, '');
    const model = models.find((one) => one.arn === arn || one.arn.endsWith(`:${arn}`));
    if (!model) throw new StatesError('Lambda.ResourceNotFoundException', `Function not found: ${named}`);
    try {
      return (await invoke(model.logicalId, payload)) ?? null;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      if (!(error instanceof LambdaFailure)) throw new StatesError('Lambda.Unknown', String(error));
      const { errorType, errorMessage } = error;
      throw new StatesError(errorType, JSON.stringify({ errorMessage, errorType }));
    }
  };
}

const senderOf =
  ({ send = () => false }: StateMachineSettings): Means['send'] =>
  (url, body) => {
    if (!send(url, body)) throw new StatesError('Sqs.QueueDoesNotExistException', `There is no queue ${url}`);
  };

/** The execution as the API shows it: its history without the places that only a restart needs. */
function publicView({ trail, ...rest }: Kept): Execution {
  return { ...rest, history: trail.events.map(({ place: _, ...event }) => event) };
}
