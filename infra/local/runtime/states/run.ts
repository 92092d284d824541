/** Runs the states of a flow one after the other, with their retries and catches. */
import type { Catcher, Flow, Retrier, State } from './definition.ts';
import { type Bindings, evaluated, StatesError } from './expressions.ts';
import { endingOf, type Frame, type Passage, type Run, type Scope } from './frame.ts';
import { KINDS } from './states.ts';
import type { Place } from './trail.ts';

const MOST_BYTES = 256 * 1024;

/** Runs a flow from its current place to its end and returns its output. Throws a `StatesError` where it fails. */
export async function runFlow(run: Run, flow: Flow, scope: Scope): Promise<unknown> {
  const { trail } = run;
  let place: Place = trail.placeOf(scope.id) ?? { step: 0, state: flow.StartAt, data: scope.input, variables: {} };
  while (place.state !== null) {
    run.checkGoing();
    scope.checkWanted();
    const { step, state: name, data: input, variables } = place;
    const state = flow.States[name];
    if (!state) throw new StatesError('States.Runtime', `there is no state ${name}`);
    const at = { scope: scope.id, step, state: name };
    trail.add({ type: `${state.Type}StateEntered`, ...at, input });
    const { output, next, assigned } = await passed(state, frameOf(run, scope, place, name));
    limit(output);
    place = { step: step + 1, state: next, data: output, variables: { ...variables, ...assigned } };
    trail.add({ type: `${state.Type}StateExited`, ...at, output, place });
  }
  return place.data;
}

function limit(output: unknown): void {
  if (Buffer.byteLength(JSON.stringify(output)) > MOST_BYTES) {
    throw new StatesError('States.DataLimitExceeded', 'The output of the state is over 256 KB.');
  }
}

function frameOf(run: Run, scope: Scope, place: Place, name: string): Frame {
  const variables = { ...scope.outer, ...place.variables };
  const frame: Frame = {
    ...{ run, scope, step: place.step, name, input: place.data, retries: 0, variables },
    runInner: (flow, inner) => runFlow(run, flow, inner),
    value: (template, { map = scope.map, ...states } = {}) => {
      const nowMs = run.nowMs();
      const State = { Name: name, EnteredTime: new Date(nowMs).toISOString(), RetryCount: frame.retries };
      const context = { ...run.context, State, ...(map && { Map: map }) };
      const bindings: Bindings = { ...variables, states: { input: place.data, context, ...states } };
      return evaluated(template, bindings, nowMs);
    },
  };
  return frame;
}

/** The state's passage, after as many tries as its retriers allow, or by the way of a catcher. */
async function passed(state: State, frame: Frame): Promise<Passage> {
  const { run, scope, step, name } = frame;
  const at = { scope: scope.id, step, state: name };
  const kept = run.trail.latest('StateRetried', scope.id, step)?.['tries'] as number[] | undefined;
  const { Retry: retriers = [], Catch: catchers = [] } = state as { Retry?: Retrier[]; Catch?: Catcher[] };
  const tries = retriers.map((_, index) => kept?.[index] ?? 0);
  for (;;) {
    frame.retries = tries.reduce((sum, count) => sum + count, 0);
    try {
      return await KINDS[state.Type](frame, state as never);
    } catch (failure) {
      if (!(failure instanceof StatesError)) throw failure;
      const { error, cause } = failure;
      run.trail.add({ type: `${state.Type}StateFailed`, ...at, error, cause });
      const waitMs = retried(retriers, tries, error);
      if (waitMs === null) {
        const catcher = catchers.find(({ ErrorEquals }) => isNamed(error, ErrorEquals));
        if (catcher) return endingOf(frame, catcher, { errorOutput: { Error: error, Cause: cause } });
        throw failure;
      }
      run.trail.add({ type: 'StateRetried', ...at, tries: [...tries] });
      await run.pauseUntil(run.nowMs() + waitMs, 'backoff');
      run.checkGoing();
    }
  }
}

/** How long to wait before the next try, which it counts; null where the error ends the trying. */
function retried(retriers: Retrier[], tries: number[], error: string): number | null {
  const index = retriers.findIndex(({ ErrorEquals }) => isNamed(error, ErrorEquals));
  const retrier = retriers[index];
  const count = tries[index] ?? 0;
  if (!retrier || count >= (retrier.MaxAttempts ?? 3)) return null;
  tries[index] = count + 1;
  return delayMs(retrier, count);
}

/** Nothing retries or catches these but their own name. */
const TERMINAL = ['States.DataLimitExceeded', 'States.Runtime'];

const isNamed = (error: string, names: string[]): boolean =>
  names.includes(error) ||
  (names.includes('States.ALL') && !TERMINAL.includes(error)) ||
  (names.includes('States.TaskFailed') && error !== 'States.Timeout' && !TERMINAL.includes(error));

function delayMs({ IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds, JitterStrategy }: Retrier, tried: number) {
  const seconds = Math.min(IntervalSeconds * BackoffRate ** tried, MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return seconds * 1000 * (JitterStrategy === 'FULL' ? Math.random() : 1);
}
