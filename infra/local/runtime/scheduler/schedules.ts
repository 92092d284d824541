/** Runs the schedules at the stack's clock, and takes the clock through months without running what has nothing to do. */

import type { ScheduleModel } from '../assembly/model.ts';
import type { Clock } from '../base/clock.ts';
import type { DeadLetters } from '../base/dead-letters.ts';
import { readJson, writeJson } from '../base/files.ts';
import type { Invoke } from '../base/invoke.ts';
import { Stopped } from '../base/stopped.ts';
import { type NextDue, parseSchedule } from './expression.ts';
import { runDue, runNow } from './job-runs.ts';

export interface ScheduleSettings {
  schedules: ScheduleModel[];
  invoke: Invoke;
  clock: Clock;
  /** Keeps when each schedule last ran; null forgets. */
  stateFile: string | null;
  queues: DeadLetters;
  /** Resolves when streams, bus and workflows have nothing left to do. */
  settle: () => Promise<void>;
  /** How much was written to the table so far: what has not changed need not be asked again. */
  writes: () => number;
  log: (line: string) => void;
}
export interface ScheduleEntry {
  name: string;
  schedule: string;
  timezone: string;
  lastRunAt: string | null;
  nextRunAt: string | null;
}
export interface Schedules {
  list(): ScheduleEntry[];
  /** Runs the job now and answers its result. Throws a `RangeError` on an unknown name, a `LambdaFailure` on failure. */
  run(name: string): Promise<unknown>;
  /**
   * Puts the clock forward and runs, in order and each at its own instant, what falls due on the way. Throws a
   * `RangeError` where the instant has passed.
   */
  advanceTo(iso: string): Promise<void>;
  /** Resolves when no job runs. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

interface Lane {
  schedule: ScheduleModel;
  nextDue: NextDue;
  /** Up to when everything that fell due has been run. */
  doneMs: number;
  lastRunMs: number | null;
  /** The next due instant that the last result named, and the number of writes at that time. */
  promise: { nextDueMs: number | null; writes: number } | null;
  running: Promise<unknown> | null;
}

const LONGEST_TIMER_MS = 30_000;

export function startSchedules(settings: ScheduleSettings): Schedules {
  const { clock, invoke, stateFile, settle, writes, log } = settings;
  const lanes = settings.schedules.map((schedule) => createLane(schedule, clock.nowMs()));
  if (stateFile !== null) recall(lanes, stateFile);
  let turn: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isAdvancing = false;
  const stopping = new AbortController();

  const remember = () => {
    if (stateFile !== null)
      writeJson(stateFile, Object.fromEntries(lanes.map((lane) => [lane.schedule.name, kept(lane)])));
  };
  const runLane = async (lane: Lane, dueMs: number) => {
    lane.lastRunMs = dueMs;
    const running = runDue(lane.schedule, dueMs, { ...settings, stopping: stopping.signal });
    lane.running = running;
    const result = await running.finally(() => {
      lane.running = null;
    });
    // Noted only now: what a kill cuts short is run again.
    lane.doneMs = Math.max(lane.doneMs, dueMs);
    lane.promise = promiseIn(result, writes());
    remember();
  };
  /** Runs what is due by now, each schedule's latest instant only: runs missed while the stack was off are made up once. */
  const tick = () => {
    clearTimeout(timer);
    if (stopping.signal.aborted || isAdvancing) return;
    const nowMs = clock.nowMs();
    for (const lane of lanes) {
      const dueMs = lane.running === null ? latestDue(lane, nowMs) : null;
      if (dueMs !== null) void runLane(lane, dueMs).catch(unlessStopped(log));
    }
    const next = Math.min(...lanes.map((lane) => lane.nextDue(clock.nowMs()) ?? Number.POSITIVE_INFINITY));
    timer = setTimeout(tick, Math.min(LONGEST_TIMER_MS, Math.max(1, next - clock.nowMs())));
    timer.unref();
  };
  const idle = async () => {
    while (lanes.some(({ running }) => running !== null)) {
      await Promise.allSettled(lanes.map(({ running }) => running));
    }
  };
  const goTo = (toMs: number) => {
    if (clock.nowMs() < toMs) clock.set(new Date(toMs).toISOString());
  };
  /** One step of the way: the next run or the next end of a workflow's waiting. Answers whether there was one. */
  const step = async (untilMs: number): Promise<boolean> => {
    const [lane, dueMs] = firstOf(lanes, writes());
    const alarmMs = clock.nextAlarmMs() ?? Number.POSITIVE_INFINITY;
    if (Math.min(dueMs, alarmMs) > untilMs) return false;
    const before = writes();
    skip(lanes, before, Math.min(dueMs, alarmMs));
    goTo(Math.min(dueMs, alarmMs));
    if (lane !== null && dueMs <= alarmMs) await runLane(lane, dueMs);
    if (alarmMs <= dueMs || writes() !== before) await settle();
    return true;
  };
  const advance = async (untilMs: number) => {
    if (untilMs < clock.nowMs()) throw new RangeError(`the clock shows ${clock.now()} and never goes back`);
    isAdvancing = true;
    try {
      await idle();
      await settle();
      while (!stopping.signal.aborted && (await step(untilMs)));
      if (stopping.signal.aborted) return;
      goTo(untilMs);
      for (const lane of lanes) lane.doneMs = Math.max(lane.doneMs, untilMs);
      remember();
    } finally {
      isAdvancing = false;
      tick();
    }
  };
  remember();
  setImmediate(tick);
  return {
    list: () => lanes.map((lane) => entryOf(lane, clock.nowMs())),
    run: (name) => {
      const lane = lanes.find(({ schedule }) => schedule.name === name);
      if (!lane) throw new RangeError(`there is no job ${name}`);
      return runNow(lane.schedule, clock.now(), invoke);
    },
    advanceTo: (iso) => {
      const untilMs = Date.parse(iso);
      if (Number.isNaN(untilMs)) return Promise.reject(new RangeError(`${iso} is no instant`));
      const mine = turn.then(() => advance(untilMs));
      turn = mine.catch(() => {});
      return mine;
    },
    idle,
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await idle();
    },
  };
}

const unlessStopped = (log: (line: string) => void) => (error: unknown) => {
  if (!(error instanceof Stopped)) log(`schedules: ${String(error)}`);
};

const createLane = (schedule: ScheduleModel, nowMs: number): Lane => ({
  ...{ schedule, nextDue: parseSchedule(schedule.expression, schedule.timezone) },
  ...{ doneMs: nowMs, lastRunMs: null, promise: null, running: null },
});

/** When the lane next has to run, given what it promised and whether anything was written since. */
function dueOf({ nextDue, doneMs, promise }: Lane, writes: number): number | null {
  if (promise === null || promise.writes !== writes) return nextDue(doneMs);
  // A run at the very instant at which work becomes due finds it.
  return promise.nextDueMs === null ? null : nextDue(Math.max(doneMs, promise.nextDueMs - 1));
}

function firstOf(lanes: Lane[], writes: number): [Lane | null, number] {
  let first: [Lane | null, number] = [null, Number.POSITIVE_INFINITY];
  for (const lane of lanes) {
    const dueMs = dueOf(lane, writes);
    if (dueMs !== null && dueMs < first[1]) first = [lane, dueMs];
  }
  return first;
}

/** Counts as run what fell due by the instant and had nothing to do: what is written later doesn't bring it back. */
function skip(lanes: Lane[], writes: number, atMs: number): void {
  for (const lane of lanes) {
    const dueMs = dueOf(lane, writes);
    if (dueMs === null || dueMs > atMs) lane.doneMs = Math.max(lane.doneMs, atMs);
  }
}

/** The latest instant by now at which the lane fell due and has not run; everything before it counts as run. */
function latestDue(lane: Lane, nowMs: number): number | null {
  let latest: number | null = null;
  for (;;) {
    const next = lane.nextDue(latest ?? lane.doneMs);
    if (next === null || next > nowMs) return latest;
    latest = next;
  }
}

function promiseIn(result: unknown, writes: number): Lane['promise'] {
  const due = (result as { nextDueAt?: unknown } | null | undefined)?.nextDueAt;
  if (due === null) return { nextDueMs: null, writes };
  const nextDueMs = typeof due === 'string' ? Date.parse(due) : Number.NaN;
  return Number.isNaN(nextDueMs) ? null : { nextDueMs, writes };
}

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const entryOf = ({ schedule, lastRunMs, nextDue }: Lane, nowMs: number): ScheduleEntry => ({
  ...{ name: schedule.name, schedule: schedule.expression, timezone: schedule.timezone },
  ...{ lastRunAt: isoOf(lastRunMs), nextRunAt: isoOf(nextDue(nowMs)) },
});

const kept = ({ doneMs, lastRunMs }: Lane) => ({ doneMs, lastRunMs });

function recall(lanes: Lane[], stateFile: string): void {
  const found = (readJson(stateFile) ?? {}) as Record<string, { doneMs: number; lastRunMs: number | null }>;
  for (const lane of lanes) Object.assign(lane, found[lane.schedule.name]);
}
