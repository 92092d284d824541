/** The behavior of each type of state. */
import { randomUUID } from 'node:crypto';
import {
  type ChoiceState,
  type FailState,
  isInvoke,
  isSendMessage,
  type ParallelState,
  type PassState,
  type State,
  type SucceedState,
  type TaskState,
  type WaitState,
} from './definition.ts';
import { StatesError } from './expressions.ts';
import { allOf, endingOf, type Frame, innerScope, type Passage, Unwanted } from './frame.ts';
import { enterMap } from './map.ts';

async function enterTask(frame: Frame, state: TaskState): Promise<Passage> {
  const given = state.Arguments === undefined ? frame.input : await frame.value(state.Arguments);
  const timeout = state.TimeoutSeconds === undefined ? undefined : Number(await frame.value(state.TimeoutSeconds));
  if (isSendMessage(state.Resource)) return endingOf(frame, state, { result: sent(frame, given) });
  const { FunctionName: name, Payload: payload } = given as { FunctionName?: unknown; Payload?: unknown };
  const result = isInvoke(state.Resource)
    ? {
        ExecutedVersion: '$LATEST',
        StatusCode: 200,
        Payload: await within(timeout, frame.run.call(String(name), payload)),
      }
    : await within(timeout, frame.run.call(state.Resource, given));
  return endingOf(frame, state, { result });
}

/** A message is there once this returns; after a kill just then it is sent a second time, as on AWS. */
function sent({ run }: Frame, given: unknown): { MessageId: string } {
  const { QueueUrl: url, MessageBody: body } = given as { QueueUrl?: unknown; MessageBody?: unknown };
  run.send(String(url), body);
  return { MessageId: randomUUID() };
}

/** Tasks run in the machine's time: a clock that is put forward doesn't make a function late. */
async function within(seconds: number | undefined, task: Promise<unknown>): Promise<unknown> {
  if (seconds === undefined) return task;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new StatesError('States.Timeout', `no answer in ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([task, late]).finally(() => clearTimeout(timer));
}

async function enterChoice(frame: Frame, state: ChoiceState): Promise<Passage> {
  for (const choice of state.Choices) {
    const holds = await frame.value(choice.Condition);
    if (typeof holds !== 'boolean') {
      throw new StatesError('States.QueryEvaluationError', `A condition of ${frame.name} is neither true nor false.`);
    }
    if (holds) return endingOf(frame, choice);
  }
  if (state.Default === undefined) throw new StatesError('States.NoChoiceMatched', `${frame.name} matched no choice`);
  return endingOf(frame, { ...state, Next: state.Default });
}

/** A wait up to here is for something to come about, such as an index that learns of a write, not for a date. */
const LONGEST_MOMENT_MS = 60_000;

async function enterWait(frame: Frame, state: WaitState): Promise<Passage> {
  const { run, scope, step, name } = frame;
  // Noted once: after a kill the wait ends when it would have ended.
  const noted = () => run.trail.latest('WaitUntil', scope.id, step);
  if (noted() === undefined) {
    const fromMs = run.nowMs();
    const untilMs =
      state.Seconds === undefined
        ? Date.parse(String(await frame.value(state.Timestamp)))
        : fromMs + Number(await frame.value(state.Seconds)) * 1000;
    if (Number.isNaN(untilMs))
      throw new StatesError('States.QueryEvaluationError', `${name} has no instant to wait for`);
    run.trail.add({ type: 'WaitUntil', scope: scope.id, step, state: name, untilMs, ms: untilMs - fromMs });
  }
  const { untilMs, ms = Number.POSITIVE_INFINITY } = noted() as unknown as { untilMs: number; ms?: number };
  await run.pauseUntil(untilMs, ms <= LONGEST_MOMENT_MS ? 'moment' : 'wait');
  run.checkGoing();
  return endingOf(frame, state);
}

async function enterFail(frame: Frame, { Error: error, Cause: cause }: FailState): Promise<Passage> {
  throw new StatesError(String((await frame.value(error)) ?? ''), String((await frame.value(cause)) ?? ''));
}

async function enterParallel(frame: Frame, state: ParallelState): Promise<Passage> {
  const { scope, variables } = frame;
  const input = state.Arguments === undefined ? frame.input : await frame.value(state.Arguments);
  let isFailed = false;
  const checkWanted = () => {
    scope.checkWanted();
    if (isFailed) throw new Unwanted();
  };
  const flows = state.Branches.map((branch, index) =>
    frame
      .runInner(branch, { ...scope, id: innerScope(frame, index), input, outer: variables, checkWanted })
      .catch((error: unknown) => {
        isFailed = true;
        throw error;
      }),
  );
  return endingOf(frame, state, { result: await allOf(flows) });
}

type Enter<S> = (frame: Frame, state: S) => Promise<Passage>;
export const KINDS: { [T in State['Type']]: Enter<Extract<State, { Type: T }>> } = {
  Task: enterTask,
  Pass: (frame, state: PassState) => endingOf(frame, state),
  Choice: enterChoice,
  Wait: enterWait,
  Succeed: (frame, state: SucceedState) => endingOf(frame, { ...state, Next: undefined } as SucceedState),
  Fail: enterFail,
  Parallel: enterParallel,
  Map: enterMap,
};
