/** Step Functions: runs the state machines of the template, and goes on with what a kill cut short. */
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
export interface StateMachines {
  /**
   * Starts an execution and answers its ARN, once it is kept. A name that ran with this input already is not started
   * again; with another input that is an `ExecutionAlreadyExists`.
   */
  start(machine: string, input: unknown, name?: string): Promise<string>;
  find(executionArn: string): Execution | undefined;
  /** All executions, the newest first. */
  list(): Execution[];
  /** Names these ids no more in executions that have ended: where one stood in a walk over everyone is told by an id. */
  forget(ids: string[]): void;
  /** Resolves when every execution has ended or waits for the clock, longer than for a moment. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}
export interface StateMachineSettings {
  machines: Map<string, StateMachineModel>;
  functions: Map<string, FunctionModel>;
  invoke: Invoke;
  /** Takes a message for the queue with this URL, or says that there is none; a stack without queues has no need of it. */
  send?: (queueUrl: string, body: unknown) => boolean;
  clock: Clock;
  /** Keeps all executions, one event a line; null forgets them. */
  file: string | null;
  log?: (line: string) => void;
}

interface Kept extends Execution {
  trail: Trail;
}
type Line = { execution: string } & TrailEvent;

/** Throws where a definition holds something that does not run here, naming it. */
export function createStateMachines(settings: StateMachineSettings): StateMachines {
  const { machines, clock, file, log = () => {} } = settings;
  const definitions = new Map(
    [...machines].map(([id, { name, definition }]) => [id, checkedMachine(name, definition)] as const),
  );
  const executions = new Map<string, Kept>();
  const stopping = new AbortController();
  const pauses = createPauses(clock, stopping.signal);
  const means = { call: callerOf(settings), send: senderOf(settings), clock, pauses, stopping };

  const adopt = (model: StateMachineModel, name: string, past: Line[]): Kept => {
    const executionArn = `${model.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const keep = (event: TrailEvent) => {
      if (file !== null) appendLine(file, { execution: executionArn, ...event });
    };
    const trail = createTrail(clock.now, keep, past);
    const execution: Kept = {
      ...{ executionArn, name, stateMachine: model.name, stateMachineArn: model.arn, status: 'RUNNING' as Status },
      ...{ startedAt: clock.now(), stoppedAt: null, input: null, output: null, error: null, history: [], trail },
    };
    executions.set(executionArn, execution);
    return execution;
  };
  const go = async (model: StateMachineModel, execution: Kept) => {
    const machine = definitions.get(model.logicalId);
    if (!machine) return;
    const ending = await carryOut(machine, model, execution, means);
    if (ending === null) return;
    const { status, ...rest } = ending;
    execution.trail.add({ type: ENDED[status], scope: '', step: 0, state: '', ...rest });
    Object.assign(execution, { status, stoppedAt: clock.now(), ...rest });
  };
  const begin = (model: StateMachineModel, execution: Kept) =>
    void pauses
      .working(() => go(model, execution))
      .catch((error: unknown) => log(`workflows: ${execution.name}: ${String(error)}`));

  if (file !== null) recall(readLines(file) as Line[], machines, adopt, begin);
  return {
    start: async (machine, input, name = randomUUID()) => {
      const model = [...machines.values()].find((one) => [one.arn, one.logicalId, one.name].includes(machine));
      if (!model) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machine}'`);
      const executionArn = `${model.arn.replace(':stateMachine:', ':execution:')}:${name}`;
      const earlier = executions.get(executionArn);
      if (earlier) {
        if (JSON.stringify(earlier.input) === JSON.stringify(input)) return executionArn;
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
      }
      const execution = adopt(model, name, []);
      execution.input = input;
      execution.trail.add({
        type: 'ExecutionStarted',
        scope: '',
        step: 0,
        state: '',
        machine: model.logicalId,
        name,
        input,
      });
      begin(model, execution);
      return executionArn;
    },
    find: (executionArn) => shown(executions.get(executionArn)),
    list: () => [...executions.values()].flatMap((execution) => shown(execution) ?? []).reverse(),
    forget: (ids) => {
      const ended = [...executions.values()].filter(({ status }) => status !== 'RUNNING');
      const anonymous = anonymizer(ids);
      for (const { trail } of ended) trail.events.splice(0, trail.events.length, ...trail.events.map(anonymous));
      if (file === null) return;
      const names = new Set(ended.map(({ executionArn }) => executionArn));
      const lines = readLines(file) as Line[];
      replaceLines(
        file,
        lines.map((line) => (names.has(line.execution) ? anonymous(line) : line)),
      );
    },
    idle: pauses.idle,
    stop: async () => {
      stopping.abort();
      await pauses.idle();
    },
  };
}

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

/** Makes the executions of earlier runs known again, and goes on with those that have not ended. */
function recall(
  lines: Line[],
  machines: Map<string, StateMachineModel>,
  adopt: (model: StateMachineModel, name: string, past: Line[]) => Kept,
  begin: (model: StateMachineModel, execution: Kept) => void,
): void {
  for (const past of Map.groupBy(lines, ({ execution }) => execution).values()) {
    const [first] = past;
    const model = machines.get(String(first?.['machine']));
    if (!first || !model) continue;
    const execution = adopt(model, String(first['name']), past);
    Object.assign(execution, { startedAt: first.at, input: first['input'] });
    const end = past.find(({ type }) => Object.values<string>(ENDED).includes(type));
    if (end) {
      const status = Object.entries(ENDED).find(([, type]) => type === end.type)?.[0];
      Object.assign(execution, {
        status,
        stoppedAt: end.at,
        output: end['output'] ?? null,
        error: end['error'] ?? null,
      });
    } else {
      // Once the caller has put the stack together.
      setImmediate(() => begin(model, execution));
    }
  }
}

/** As people see it: the history without what only a restart needs. */
function shown(execution: Kept | undefined): Execution | undefined {
  if (!execution) return undefined;
  const { trail, ...rest } = execution;
  return { ...rest, history: trail.events.map(({ place: _, ...event }) => event) };
}
