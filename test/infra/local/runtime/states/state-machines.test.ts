import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FunctionModel } from '../../../../../infra/local/runtime/assembly/model.ts';
import { type Clock, createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { LambdaFailure } from '../../../../../infra/local/runtime/base/invoke.ts';
import { type Execution, StateMachines } from '../../../../../infra/local/runtime/states/state-machines.ts';

/** A package without types. */
const validate: (definition: unknown) => {
  isValid: boolean;
  errorsText(separator: string): string;
} = require('asl-validator');

const STEPS = 'arn:aws:lambda:us-east-1:000000000000:function:steps';
type States = Record<string, Record<string, unknown>>;
const flow = (StartAt: string, States: States) => ({ StartAt, States });
const machine = (StartAt: string, States: States, more = {}) => ({
  QueryLanguage: 'JSONata',
  ...flow(StartAt, States),
  ...more,
});
const task = (step: string, more: Record<string, unknown> = { End: true }) => ({
  ...{ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' },
  ...{
    Arguments: { FunctionName: STEPS, Payload: { step, input: '{% $states.input %}' } },
    Output: '{% $states.result.Payload %}',
  },
  ...more,
});
interface Payload {
  step: string;
  input: unknown;
}
type Steps = (payload: Payload) => unknown;
const steps: FunctionModel = {
  ...{ logicalId: 'Steps', name: 'steps', arn: STEPS, codeDirectory: '', handler: 'index.handler' },
  ...{ environment: {}, memoryMb: 512, timeoutSeconds: 30 },
};

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/letters';

let clock: Clock;
let directory: string;
let letters: unknown[];
const opened: StateMachines[] = [];
beforeEach(() => {
  clock = createClock({ file: null, start: '2031-01-31T09:30:00.000Z' });
  directory = mkdtempSync(join(tmpdir(), 'machines-'));
  letters = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((machines) => machines.stop()));
  rmSync(directory, { recursive: true, force: true });
});

const open = (definition: Record<string, unknown>, run: Steps = ({ input }) => input, file: string | null = null) => {
  const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:flow';
  const machines = new StateMachines({
    machines: new Map([['Flow', { logicalId: 'Flow', name: 'flow', arn, definition }]]),
    functions: new Map([['Steps', steps]]),
    invoke: async (_, event) => run(event as Payload),
    send: (url, body) => url === QUEUE && letters.push(body) > 0,
    ...{ clock, file },
  });
  opened.push(machines);
  return machines;
};
const found = (machines: StateMachines, arn: string): Execution => {
  const execution = machines.find(arn);
  if (!execution) throw new Error(`there is no execution ${arn}`);
  return execution;
};
/** Runs a machine to its end, or to where it waits. */
const ran = async (definition: Record<string, unknown>, input: unknown, run?: Steps): Promise<Execution> => {
  const { isValid, errorsText } = validate(definition);
  expect(isValid || errorsText('\n')).toBe(true);
  const machines = open(definition, run);
  const arn = await machines.start('flow', input, 'run');
  await machines.idle();
  return found(machines, arn);
};

describe('a state machine', () => {
  const ITEMS = [1, 2, 3, 4, 5];
  const doubling: Steps = ({ input }) => (input as number) * 2;
  const add = { Type: 'Pass', Output: '{% $states.input + 1 %}' };

  it.each<[string, Record<string, unknown>, unknown, unknown, Steps?]>([
    ['Pass', machine('A', { A: { Type: 'Pass', End: true } }), { a: 1 }, { a: 1 }],
    ['Pass with an output', machine('A', { A: { ...add, End: true } }), 1, 2],
    ['one state after the other', machine('A', { A: { ...add, Next: 'B' }, B: { ...add, End: true } }), 1, 3],
    ['Task', machine('A', { A: task('double') }), 4, 8, doubling],
    [
      'Task by the function itself',
      machine('A', {
        A: { Type: 'Task', Resource: `${STEPS}:$LATEST`, Arguments: { input: '{% $states.input %}' }, End: true },
      }),
      4,
      8,
      doubling,
    ],
    [
      'variables',
      machine('A', {
        A: { Type: 'Pass', Assign: { before: '{% $states.input %}', constant: 7 }, Output: '{% "gone" %}', Next: 'B' },
        B: { Type: 'Pass', Output: '{% [$before.a, $constant, $states.input] %}', End: true },
      }),
      { a: 1 },
      [1, 7, 'gone'],
    ],
    [
      'the context',
      machine('A', {
        A: {
          Type: 'Pass',
          Output: '{% $states.context.Execution.Name & "/" & $states.context.State.Name %}',
          End: true,
        },
      }),
      {},
      'run/A',
    ],
    [
      'Choice',
      machine('A', {
        A: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $states.input.n > 10 %}', Next: 'Big' },
            { Condition: '{% $states.input.n > 5 %}', Next: 'Middle', Assign: { seen: '{% $states.input.n %}' } },
          ],
          Default: 'Big',
        },
        Big: { Type: 'Fail', Error: 'TooBig' },
        Middle: { Type: 'Succeed', Output: '{% $seen %}' },
      }),
      { n: 7 },
      7,
    ],
    [
      'Choice by default',
      machine('A', {
        A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 10 %}', Next: 'B' }], Default: 'C' },
        B: { Type: 'Fail' },
        C: { Type: 'Pass', Output: '{% "default" %}', End: true },
      }),
      1,
      'default',
    ],
    [
      'Parallel',
      machine('A', {
        A: {
          Type: 'Parallel',
          Branches: [flow('B', { B: { ...add, End: true } }), flow('C', { C: task('x') })],
          End: true,
        },
      }),
      1,
      [2, 1],
    ],
    [
      'Map, reading variables from around it',
      machine('A', {
        A: { Type: 'Pass', Assign: { plus: 100 }, Next: 'B' },
        B: {
          ...{ Type: 'Map', Items: '{% $states.input %}', MaxConcurrency: 2, End: true },
          ItemProcessor: flow('C', { C: { Type: 'Pass', Output: '{% $states.input + $plus %}', End: true } }),
        },
      }),
      ITEMS,
      [101, 102, 103, 104, 105],
    ],
    [
      'Map with selected items',
      machine('A', {
        A: {
          ...{ Type: 'Map', Items: '{% $states.input.items %}', End: true },
          ItemSelector: {
            n: '{% $states.context.Map.Item.Value %}',
            i: '{% $states.context.Map.Item.Index %}',
            of: '{% $states.input.of %}',
          },
          ItemProcessor: flow('C', { C: { Type: 'Pass', End: true } }),
        },
      }),
      { items: ['a', 'b'], of: 'x' },
      [
        { n: 'a', i: 0, of: 'x' },
        { n: 'b', i: 1, of: 'x' },
      ],
    ],
    [
      'distributed Map in batches',
      machine('A', {
        A: {
          ...{
            Type: 'Map',
            Items: '{% $states.input %}',
            End: true,
            ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { k: 1 } },
          },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            ...flow('C', {
              C: { Type: 'Pass', Output: '{% $sum($states.input.Items) * $states.input.BatchInput.k %}', End: true },
            }),
          },
        },
      }),
      ITEMS,
      [3, 7, 5],
    ],
    [
      "Step Functions' functions",
      machine('A', {
        A: {
          Type: 'Pass',
          Output:
            '{% [$range(1, 7, 3), $count($partition([1,2,3], 2)), $hash("a", "SHA-256"), $parse("{\\"b\\":2}").b] %}',
          End: true,
        },
      }),
      {},
      [1, 4, 7, 2, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb', 2],
    ],
    [
      "the stack's time",
      machine('A', { A: { Type: 'Pass', Output: '{% $substring($now(), 0, 13) %}', End: true } }),
      {},
      '2031-01-31T09',
    ],
  ])('runs %s', async (_, definition, input, output, ...[run]) => {
    expect(await ran(definition, input, run)).toMatchObject({ status: 'SUCCEEDED', error: null, output });
  });

  it('shows what happened, in order', async () => {
    const { history, stoppedAt } = await ran(machine('A', { A: task('x', { Next: 'B' }), B: { Type: 'Succeed' } }), {
      n: 1,
    });
    expect(history.map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered', 'TaskStateExited', 'SucceedStateEntered', 'SucceedStateExited'],
      'ExecutionSucceeded',
    ]);
    expect(stoppedAt).toMatch(/^2031-01-31T09/);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['JSONPath', { ...flow('A', { A: { Type: 'Succeed' } }) }, /QueryLanguage/],
    ['a JSONPath field', machine('A', { A: { Type: 'Pass', ResultPath: '$.x', End: true } }), /flow\.A.*ResultPath/],
    ['an unknown type', machine('A', { A: { Type: 'Loop' } }), /flow\.A.*Loop/],
    [
      'another service',
      machine('A', { A: task('x', { Resource: 'arn:aws:states:::sns:publish', End: true }) }),
      /sns:publish/,
    ],
    [
      'a message that is late on purpose',
      machine('A', {
        A: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage',
          Arguments: { QueueUrl: 'q', MessageBody: 'm', DelaySeconds: 5 },
          End: true,
        },
      }),
      /flow\.A\.Arguments.*DelaySeconds/,
    ],
    ['a heartbeat', machine('A', { A: task('x', { HeartbeatSeconds: 5, End: true }) }), /HeartbeatSeconds/],
    [
      'an item reader',
      machine('A', {
        A: { Type: 'Map', ItemReader: {}, ItemProcessor: flow('B', { B: { Type: 'Succeed' } }), End: true },
      }),
      /ItemReader/,
    ],
    ['a state that is not there', machine('A', { A: { Type: 'Pass', Next: 'B' } }), /B/],
    [
      'a broken expression',
      machine('A', { A: { Type: 'Pass', Output: '{% $states. %}', End: true } }),
      /flow\.A\.Output/,
    ],
    [
      'something inside a branch',
      machine('A', {
        A: { Type: 'Parallel', Branches: [flow('B', { B: { Type: 'Pass', InputPath: '$', End: true } })], End: true },
      }),
      /Branches\.0\.B.*InputPath/,
    ],
  ])('is refused by name at the start with %s', (_, definition, message) => {
    expect(() => open(definition)).toThrow(message);
  });
});

describe('a state that fails', () => {
  const failingTimes = (times: number, errorType = 'Busy'): Steps => {
    let failures = 0;
    return ({ input }) => {
      failures += 1;
      if (failures <= times) throw new LambdaFailure(errorType, 'not now');
      return input;
    };
  };
  const retrying = (more = {}) => [{ ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 2, ...more }];

  it('fails the execution with the error of the function', async () => {
    const { status, error } = await ran(machine('A', { A: task('x') }), {}, failingTimes(1));
    expect([status, error?.error, JSON.parse(error?.cause ?? '')]).toEqual([
      ...['FAILED', 'Busy'],
      { errorType: 'Busy', errorMessage: 'not now' },
    ]);
  });

  it('is tried again, after a pause by the clock of the stack', async () => {
    const machines = open(
      machine('A', { A: task('x', { Retry: retrying({ IntervalSeconds: 3600 }), End: true }) }),
      failingTimes(2),
    );
    const arn = await machines.start('flow', 5);
    for (const at of ['2031-01-31T10:30:05.000Z', '2031-01-31T12:30:10.000Z']) {
      while (clock.nextAlarmMs() === null) await new Promise((resolve) => setImmediate(resolve));
      clock.set(at);
    }
    await machines.idle();
    expect(found(machines, arn)).toMatchObject({ status: 'SUCCEEDED', output: 5 });
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ['more often than its retries', { Retry: retrying({ MaxAttempts: 0 }), End: true }, 1, 'FAILED'],
    ['with an error that no retrier names', { Retry: retrying({ ErrorEquals: ['Other'] }), End: true }, 1, 'FAILED'],
    ['and is caught by its name', { Catch: [{ ErrorEquals: ['Busy'], Next: 'B' }], End: true }, 1, 'SUCCEEDED'],
    [
      'and is caught by States.TaskFailed',
      { Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'B' }], End: true },
      1,
      'SUCCEEDED',
    ],
    ['and is caught by States.ALL', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], End: true }, 1, 'SUCCEEDED'],
    [
      'and is not caught by another name',
      { Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }], End: true },
      1,
      'FAILED',
    ],
  ])('%s', async (_, more, times, status) => {
    const definition = machine('A', { A: task('x', more), B: { Type: 'Pass', End: true } });
    const machines = open(definition, failingTimes(times));
    const arn = await machines.start('flow', {});
    await machines.idle();
    expect(found(machines, arn).status).toBe(status);
  });

  it('passes error and cause to the catcher', async () => {
    const caught = {
      ErrorEquals: ['Busy'],
      Next: 'B',
      Assign: { code: '{% $states.errorOutput.Error %}' },
      Output: '{% $states.input.n %}',
    };
    const definition = machine('A', {
      A: task('x', { Catch: [caught], End: true }),
      B: { Type: 'Pass', Output: '{% [$code, $states.input] %}', End: true },
    });
    expect(await ran(definition, { n: 3 }, failingTimes(9))).toMatchObject({ output: ['Busy', 3] });
  });

  const letting = (QueueUrl: string) =>
    machine('A', {
      A: task('x', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B', Output: '{% $states.input %}' }], End: true }),
      B: {
        ...{ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Next: 'C' },
        Arguments: { QueueUrl, MessageBody: '{% { "n": $states.input.n } %}' },
      },
      C: { Type: 'Fail', Error: 'GivenUp' },
    });

  it('leaves a message in a queue and fails, where that is what is caught', async () => {
    const { status, error } = await ran(letting(QUEUE), { n: 3 }, failingTimes(9));
    expect([status, error?.error, letters]).toEqual(['FAILED', 'GivenUp', [{ n: 3 }]]);
  });

  it('fails by its own name where there is no such queue', async () => {
    const { error } = await ran(letting(`${QUEUE}-other`), { n: 3 }, failingTimes(9));
    expect([error?.error, letters]).toEqual(['Sqs.QueueDoesNotExistException', []]);
  });

  it('fails as it says itself', async () => {
    const definition = machine('A', {
      A: { Type: 'Fail', Error: 'NotEmpty', Cause: '{% "left: " & $states.input.left %}' },
    });
    expect(await ran(definition, { left: 2 })).toMatchObject({
      status: 'FAILED',
      error: { error: 'NotEmpty', cause: 'left: 2' },
    });
  });

  it.each([
    ['States.QueryEvaluationError', { A: { Type: 'Pass', Output: '{% $states.input.missing %}', End: true } }],
    [
      'States.DataLimitExceeded',
      {
        A: {
          Type: 'Pass',
          Output: '{% $join($range(1, 60000, 1).$string()) & $join($range(1, 10000, 1).$string()) %}',
          End: true,
        },
      },
    ],
    [
      'States.NoChoiceMatched',
      { A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] }, B: { Type: 'Succeed' } },
    ],
    ['Lambda.ResourceNotFoundException', { A: task('x', { Arguments: { FunctionName: 'missing' }, End: true }) }],
    ['States.Timeout', { A: task('never', { TimeoutSeconds: 0.01, End: true }) }],
  ])('has the error %s', async (code, states) => {
    const machines = open(machine('A', states as States), ({ step }) =>
      step === 'never' ? new Promise(() => {}) : null,
    );
    const arn = await machines.start('flow', {});
    await machines.idle();
    expect(found(machines, arn)).toMatchObject({ status: 'FAILED', error: { error: code } });
  });

  const mapping = (more: Record<string, unknown>) =>
    machine('A', {
      A: {
        ...{ Type: 'Map', Items: '{% $states.input %}', End: true, ...more },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...flow('B', { B: task('x') }),
        },
      },
    });
  const oddFails: Steps = ({ input }) => {
    if ((input as number) % 2 === 1) throw new LambdaFailure('Odd', String(input));
    return input;
  };
  it.each([
    ['tolerated by count', { ToleratedFailureCount: 3 }, 'SUCCEEDED', [2, 4]],
    ['tolerated by percentage', { ToleratedFailurePercentage: 60 }, 'SUCCEEDED', [2, 4]],
    ['too many', { ToleratedFailureCount: 2 }, 'FAILED', null],
    ['not tolerated', {}, 'FAILED', null],
  ])('in a distributed map is %s', async (_, more, status, output) => {
    expect(await ran(mapping(more), [1, 2, 3, 4, 5], oddFails)).toMatchObject({ status, output });
  });
});

describe('an execution that waits', () => {
  const waiting = (wait: Record<string, unknown>) =>
    machine('A', { A: { Type: 'Wait', ...wait, Next: 'B' }, B: { Type: 'Pass', Output: 'woken', End: true } });

  it.each([
    ['Seconds', { Seconds: '{% 30 * 86400 %}' }],
    ['Timestamp', { Timestamp: '2031-03-02T09:30:00Z' }],
  ])('for %s wakes when the clock is put there', async (_, wait) => {
    const machines = open(waiting(wait));
    const arn = await machines.start('flow', {});
    await machines.idle();
    clock.set('2031-02-20T00:00:00.000Z');
    await machines.idle();
    expect(found(machines, arn).status).toBe('RUNNING');
    clock.set('2031-03-02T09:30:30.000Z');
    await machines.idle();
    expect(found(machines, arn)).toMatchObject({ status: 'SUCCEEDED', output: 'woken' });
  });

  it.each([
    ['Seconds', { Seconds: 60 }],
    ['Timestamp', { Timestamp: '2031-01-31T09:30:59Z' }],
  ])('for a moment, by %s, counts as work, and is cut short for a caller that waits', async (_, wait) => {
    const machines = open(waiting(wait));
    const arn = await machines.start('flow', {});
    await machines.idle();
    expect(found(machines, arn)).toMatchObject({ status: 'SUCCEEDED', output: 'woken' });
    expect(clock.now()).toMatch(/^2031-01-31T09:30:[0-2]/);
  });

  it('for a moment lasts where no caller waits', async () => {
    const machines = open(waiting({ Seconds: 60 }));
    const arn = await machines.start('flow', {});
    while (clock.nextAlarmMs() === null) await new Promise((resolve) => setImmediate(resolve));
    expect(found(machines, arn).status).toBe('RUNNING');
    expect(clock.nextAlarmMs()).toBeGreaterThanOrEqual(Date.parse('2031-01-31T09:31:00.000Z'));
  });

  it('for longer is no moment, however little of it is left after a kill', async () => {
    const file = join(directory, 'executions.jsonl');
    const arn = await open(waiting({ Seconds: 3_600 }), undefined, file).start('flow', {});
    await opened[0]?.idle();
    clock.set('2031-01-31T10:29:30.000Z');
    const again = open(waiting({ Seconds: 3_600 }), undefined, file);
    await new Promise((resolve) => setImmediate(resolve));
    await again.idle();
    expect(found(again, arn).status).toBe('RUNNING');
  });

  it('longer than the machine allows is timed out', async () => {
    const machines = open({ ...waiting({ Seconds: 86_400 }), TimeoutSeconds: 3_600 });
    const arn = await machines.start('flow', {});
    await machines.idle();
    clock.set('2031-01-31T10:31:00.000Z');
    await machines.idle();
    expect(found(machines, arn)).toMatchObject({ status: 'TIMED_OUT', error: { error: 'States.Timeout' } });
  });
});

describe('after kill -9', () => {
  const three = machine('One', {
    One: task('one', { Assign: { kept: 'yes' }, Next: 'Two' }),
    Two: {
      ...{ Type: 'Map', Items: '{% [1, 2, 3] %}', MaxConcurrency: 1, Next: 'Three' },
      ItemProcessor: flow('Item', { Item: task('item', { Next: 'Again' }), Again: task('again') }),
    },
    Three: { Type: 'Wait', Seconds: 86_400, Next: 'Four' },
    Four: task('four', { Output: '{% { "kept": $kept, "all": $states.result.Payload } %}', End: true }),
  });

  it('resumes after every possible last line, with the same result', async () => {
    const whole = join(directory, 'whole.jsonl');
    const machines = open(three, undefined, whole);
    await machines.start('flow', 'in', 'run');
    await machines.idle();
    clock.set('2031-02-01T10:00:00.000Z');
    await machines.idle();
    const output = { kept: 'yes', all: [1, 2, 3] };
    expect(machines.list()).toMatchObject([{ status: 'SUCCEEDED', output }]);

    const lines = readFileSync(whole, 'utf8').trimEnd().split('\n');
    for (let cut = 1; cut < lines.length; cut += 1) {
      const file = join(directory, `${cut}.jsonl`);
      // The kill hit in the middle of the next line.
      writeFileSync(file, `${lines.slice(0, cut).join('\n')}\n${lines[cut]?.slice(0, 20)}`);
      const calls: string[] = [];
      const run: Steps = ({ step, input }) => {
        calls.push(`${step} ${String(input)}`);
        return input;
      };
      const again = open(three, run, file);
      await new Promise((resolve) => setImmediate(resolve));
      await again.idle();
      clock.set(new Date(clock.nowMs() + 2 * 86_400_000).toISOString());
      await again.idle();
      expect(again.list()).toMatchObject([{ status: 'SUCCEEDED', output, name: 'run' }]);
      const exited = lines.slice(0, cut).filter((line) => line.includes('"TaskStateExited"')).length;
      expect([cut, calls.length]).toEqual([cut, 8 - exited]);
    }
  });

  it('a wait ends when it would have ended', async () => {
    const file = join(directory, 'executions.jsonl');
    const definition = machine('A', { A: { Type: 'Wait', Seconds: 86_400, End: true } });
    const arn = await open(definition, undefined, file).start('flow', {});
    await opened[0]?.idle();
    clock.set('2031-02-01T09:00:00.000Z');
    const again = open(definition, undefined, file);
    await new Promise((resolve) => setImmediate(resolve));
    await again.idle();
    expect(found(again, arn).status).toBe('RUNNING');
    clock.set('2031-02-01T09:31:00.000Z');
    await again.idle();
    expect(found(again, arn).status).toBe('SUCCEEDED');
  });

  it('an ended execution stays ended and its name taken', async () => {
    const file = join(directory, 'executions.jsonl');
    const definition = machine('A', { A: task('x') });
    const machines = open(definition, undefined, file);
    const arn = await machines.start('flow', { n: 1 }, 'one');
    await machines.idle();
    const calls: unknown[] = [];
    const again = open(definition, (payload) => void calls.push(payload), file);
    expect(await again.start('flow', { n: 1 }, 'one')).toBe(arn);
    await expect(again.start('flow', { n: 2 }, 'one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await again.idle();
    expect([calls, found(again, arn)]).toMatchObject([[], { status: 'SUCCEEDED', output: { n: 1 }, input: { n: 1 } }]);
  });
});
