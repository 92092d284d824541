import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScheduleModel } from '../../../../../infra/local/runtime/assembly/model.ts';
import { type Clock, createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { createDeadLetters, type DeadLetters } from '../../../../../infra/local/runtime/base/dead-letters.ts';
import { LambdaFailure } from '../../../../../infra/local/runtime/base/invoke.ts';
import { parseSchedule } from '../../../../../infra/local/runtime/scheduler/expression.ts';
import {
  type ScheduleSettings,
  type Schedules,
  startSchedules,
} from '../../../../../infra/local/runtime/scheduler/schedules.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

describe('a schedule expression', () => {
  it.each([
    ['rate(1 minute)', 'UTC', '2026-01-31T09:30:00Z', '2026-01-31T09:31:00.000Z'],
    ['rate(5 minutes)', 'UTC', '2026-01-31T09:31:00Z', '2026-01-31T09:35:00.000Z'],
    ['rate(1 day)', 'UTC', '2026-01-31T09:31:00Z', '2026-02-01T00:00:00.000Z'],
    ['cron(0 3 * * ? *)', 'UTC', '2026-01-31T03:00:00Z', '2026-02-01T03:00:00.000Z'],
    ['cron(15 10 ? * MON *)', 'UTC', '2026-01-31T09:30:00Z', '2026-02-02T10:15:00.000Z'],
    ['cron(15 10 ? * 2 *)', 'UTC', '2026-01-31T09:30:00Z', '2026-02-02T10:15:00.000Z'],
    ['cron(0 0 ? * 1 *)', 'UTC', '2026-01-31T09:30:00Z', '2026-02-01T00:00:00.000Z'],
    ['cron(0 0 ? * 6L *)', 'UTC', '2026-01-01T00:00:00Z', '2026-01-30T00:00:00.000Z'],
    ['cron(0 0 ? * 3#1 *)', 'UTC', '2026-01-31T00:00:00Z', '2026-02-03T00:00:00.000Z'],
    ['cron(0 8 L * ? *)', 'UTC', '2026-02-01T00:00:00Z', '2026-02-28T08:00:00.000Z'],
    ['cron(0/20 8-9 * * ? *)', 'UTC', '2026-02-01T08:40:00Z', '2026-02-01T09:00:00.000Z'],
    ['cron(0 9 * * ? *)', 'Europe/London', '2026-03-28T12:00:00Z', '2026-03-29T08:00:00.000Z'],
    ['cron(0 0 1 1 ? 2030)', 'UTC', '2026-01-01T00:00:00Z', '2030-01-01T00:00:00.000Z'],
    ['cron(0 0 1 1 ? 2030)', 'UTC', '2030-01-01T00:00:00Z', null],
  ])('%s in %s falls due after %s at %s', (expression, timezone, after, expected) => {
    expect(iso(parseSchedule(expression, timezone)(Date.parse(after)))).toBe(expected);
  });

  it.each([
    ['rate(1 minutes)'],
    ['rate(5 minute)'],
    ['rate(0 minutes)'],
    ['rate(1 week)'],
    ['cron(0 3 * * * *)'],
    ['cron(0 3 ? * ? *)'],
    ['cron(0 3 * * ?)'],
    ['at(2026-01-01T00:00:00)'],
    ['every day'],
  ])('%s is refused by name', (expression) => {
    expect(() => parseSchedule(expression, 'UTC')).toThrow(expression);
  });
});

const START = '2026-01-31T09:30:30.000Z';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:letters';
interface Input {
  job: string;
  scheduledAt: string;
  trigger: string;
}
const schedule = (name: string, expression: string, more: Partial<ScheduleModel> = {}): ScheduleModel => ({
  ...{ logicalId: name, name, expression, timezone: 'UTC', functionId: 'Jobs', maximumRetries: 2 },
  input: JSON.stringify({ job: name, scheduledAt: '<aws.scheduler.scheduled-time>', trigger: 'schedule' }),
  deadLetterQueueArn: QUEUE,
  ...more,
});

describe('the schedules', () => {
  let clock: Clock;
  let queues: DeadLetters;
  let directory: string;
  let runs: Input[];
  let writes: number;
  let settled: string[];
  const started: Schedules[] = [];
  beforeEach(() => {
    clock = createClock({ file: null, start: START });
    queues = createDeadLetters({ directory: null, clock });
    directory = mkdtempSync(join(tmpdir(), 'schedules-'));
    runs = [];
    writes = 0;
    settled = [];
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((schedules) => schedules.stop()));
    rmSync(directory, { recursive: true, force: true });
  });
  type Job = (input: Input) => unknown;
  const start = (rows: ScheduleModel[], job: Job = () => ({}), more: Partial<ScheduleSettings> = {}) => {
    const schedules = startSchedules({
      ...{ schedules: rows, clock, queues, stateFile: null, writes: () => writes, log: () => {} },
      invoke: async (_, event) => {
        runs.push(event as Input);
        return job(event as Input);
      },
      settle: async () => void settled.push(clock.now()),
      ...more,
    });
    started.push(schedules);
    return schedules;
  };
  const namesAndTimes = () => runs.map(({ job, scheduledAt }) => `${job} ${scheduledAt}`);

  it('run what falls due on the way, in order, each at its own instant', async () => {
    const shown: string[] = [];
    const schedules = start([schedule('hourly', 'rate(1 hour)'), schedule('daily', 'cron(30 10 * * ? *)')], () => {
      shown.push(clock.now().slice(0, 16));
      return {};
    });
    await schedules.advanceTo('2026-01-31T12:10:00.000Z');
    expect(namesAndTimes()).toEqual([
      'hourly 2026-01-31T10:00:00Z',
      'daily 2026-01-31T10:30:00Z',
      'hourly 2026-01-31T11:00:00Z',
      'hourly 2026-01-31T12:00:00Z',
    ]);
    expect(shown).toEqual(['2026-01-31T10:00', '2026-01-31T10:30', '2026-01-31T11:00', '2026-01-31T12:00']);
    expect(clock.now().slice(0, 16)).toBe('2026-01-31T12:10');
    expect(runs[0]?.trigger).toBe('schedule');
  });

  it('are skipped over 90 days where they say that they have nothing to do', async () => {
    const schedules = start([schedule('each-minute', 'rate(1 minute)')], () => ({ nextDueAt: null }));
    await schedules.advanceTo('2026-05-01T09:30:30.000Z');
    expect(runs).toHaveLength(1);
  });

  it('run at the first chance once their work is due', async () => {
    const due = ['2026-02-10T08:00:20.000Z', '2026-03-01T00:00:00.000Z'];
    const schedules = start([schedule('each-minute', 'rate(1 minute)')], ({ scheduledAt }) => ({
      nextDueAt: due.find((at) => at > scheduledAt) ?? null,
    }));
    await schedules.advanceTo('2026-05-01T00:00:00.000Z');
    expect(namesAndTimes()).toEqual([
      'each-minute 2026-01-31T09:31:00Z',
      'each-minute 2026-02-10T08:01:00Z',
      'each-minute 2026-03-01T00:00:00Z',
    ]);
  });

  it('are asked again, once, after something else has written', async () => {
    const rows = [schedule('each-minute', 'rate(1 minute)'), schedule('nightly', 'cron(0 3 * * ? *)')];
    const schedules = start(rows, ({ job }) => {
      if (job === 'nightly') writes += 1;
      return job === 'nightly' ? {} : { nextDueAt: null };
    });
    await schedules.advanceTo('2026-02-03T00:00:00.000Z');
    expect(namesAndTimes()).toEqual([
      'each-minute 2026-01-31T09:31:00Z',
      'nightly 2026-02-01T03:00:00Z',
      'each-minute 2026-02-01T03:01:00Z',
      'nightly 2026-02-02T03:00:00Z',
      'each-minute 2026-02-02T03:01:00Z',
    ]);
    expect(settled.map((at) => at.slice(0, 13))).toEqual(['2026-01-31T09', '2026-02-01T03', '2026-02-02T03']);
  });

  it('are asked again where the settling of what they wrote has written too', async () => {
    const schedules = start(
      [schedule('each-minute', 'rate(1 minute)')],
      () => {
        writes += runs.length === 1 ? 1 : 0;
        return { nextDueAt: null };
      },
      {
        settle: async () => {
          if (runs.length === 1) writes += 1;
        },
      },
    );
    await schedules.advanceTo('2026-02-03T00:00:00.000Z');
    expect(runs).toHaveLength(2);
  });

  it('stop on the way where a workflow waits for the clock', async () => {
    const schedules = start([schedule('nightly', 'cron(0 3 * * ? *)')]);
    const woken: string[] = [];
    clock.whenReached(Date.parse('2026-02-01T02:00:00Z'), () => woken.push(clock.now().slice(0, 16)));
    await schedules.advanceTo('2026-02-02T00:00:00.000Z');
    expect(woken).toEqual(['2026-02-01T02:00']);
    expect(settled.some((at) => at.startsWith('2026-02-01T02:00'))).toBe(true);
  });

  it('never go back', async () => {
    const schedules = start([]);
    await expect(schedules.advanceTo('2026-01-01T00:00:00.000Z')).rejects.toThrow(RangeError);
  });

  it('run on request and return the result or the failure', async () => {
    const schedules = start([schedule('nightly', 'cron(0 3 * * ? *)')], () => {
      if (runs.length > 1) throw new LambdaFailure('Error', 'no');
      return { done: 3 };
    });
    expect(await schedules.run('nightly')).toEqual({ done: 3 });
    expect(runs[0]).toMatchObject({ job: 'nightly', trigger: 'manual' });
    await expect(schedules.run('nightly')).rejects.toThrow(LambdaFailure);
    expect(() => schedules.run('unknown')).toThrow(RangeError);
    expect(queues.list()).toEqual([]);
  });

  it('are tried again as often as they say, then end in the dead letter queue, and go on', async () => {
    const schedules = start([schedule('nightly', 'cron(0 3 * * ? *)')], ({ scheduledAt }) => {
      if (scheduledAt.startsWith('2026-02-01')) throw new LambdaFailure('TypeError', 'broken');
      return {};
    });
    await schedules.advanceTo('2026-02-02T12:00:00.000Z');
    expect(runs.map(({ scheduledAt }) => scheduledAt.slice(0, 10))).toEqual([
      ...['2026-02-01', '2026-02-01', '2026-02-01', '2026-02-02'],
    ]);
    expect(queues.list()).toMatchObject([
      { queue: 'letters', body: { job: 'nightly' }, attributes: { ERROR_CODE: 'TypeError', RETRY_ATTEMPTS: '2' } },
    ]);
  });

  it('run once, at the latest due instant, for all runs missed while the stack was off', async () => {
    const stateFile = join(directory, 'schedules.json');
    const rows = [schedule('nightly', 'cron(0 3 * * ? *)'), schedule('yearly', 'cron(0 0 1 1 ? *)')];
    await start(rows, undefined, { stateFile }).stop();
    clock.set('2026-02-05T12:00:00.000Z');
    const ran = Promise.withResolvers<void>();
    const schedules = start(rows, () => ran.resolve(), { stateFile });
    await ran.promise;
    await schedules.idle();
    expect(namesAndTimes()).toEqual(['nightly 2026-02-05T03:00:00Z']);
    expect(schedules.list()).toMatchObject([
      { name: 'nightly', lastRunAt: '2026-02-05T03:00:00.000Z', nextRunAt: '2026-02-06T03:00:00.000Z' },
      { name: 'yearly', lastRunAt: null },
    ]);
  });

  it('run by themselves as the clock ticks', async () => {
    clock.set('2026-01-31T09:59:59.950Z');
    const ran = Promise.withResolvers<void>();
    start([schedule('hourly', 'rate(1 hour)')], () => ran.resolve());
    await ran.promise;
    expect(namesAndTimes()).toEqual(['hourly 2026-01-31T10:00:00Z']);
  });
});
