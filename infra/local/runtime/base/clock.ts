/** The stack's own clock: it can be put forward, ticks on from there, and never goes back, not even over a restart. */
import { readJson, writeJson } from './files.ts';

export interface Clock {
  nowMs(): number;
  /** The canonical instant, `2026-01-31T09:30:00.000Z`. */
  now(): string;
  /** Puts the clock forward. Throws a RangeError where that would take it back, or where the text is no instant. */
  set(iso: string): void;
  /** Calls back once the clock has reached the instant, by ticking or by being put forward; answers how to call it off. */
  whenReached(atMs: number, act: () => void): () => void;
  /** The earliest pending alarm. Null where there is none. */
  nextAlarmMs(): number | null;
}

interface ClockSettings {
  /** Keeps how far the clock was put forward; null forgets. */
  file: string | null;
  /** The first start sets the clock to this instant. Later starts move it forward to it. */
  start?: string | undefined;
}

/** setTimeout holds no more than 2^31 − 1 ms: far alarms look again each day. */
const LONGEST_TIMER_MS = 86_400_000;

export function createClock({ file, start }: ClockSettings): Clock {
  let aheadMs = file === null ? 0 : keptIn(file);
  let latestMs = 0;
  const alarms = new Map<symbol, { atMs: number; act: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  // The machine's clock may be corrected backwards; the stack's then pauses until it has caught up.
  const nowMs = () => {
    latestMs = Math.max(latestMs, Date.now() + aheadMs);
    return latestMs;
  };
  const nextAlarmMs = () => {
    const first = Math.min(...[...alarms.values()].map(({ atMs }) => atMs));
    return Number.isFinite(first) ? first : null;
  };
  const ring = () => {
    clearTimeout(timer);
    const due = [...alarms].filter(([, { atMs }]) => atMs <= nowMs()).sort(([, a], [, b]) => a.atMs - b.atMs);
    for (const [id, { act }] of due) if (alarms.delete(id)) act();
    const next = nextAlarmMs();
    if (next === null) return;
    timer = setTimeout(ring, Math.min(LONGEST_TIMER_MS, Math.max(1, next - nowMs())));
    timer.unref();
  };
  const set = (iso: string) => {
    const toMs = Date.parse(iso);
    if (Number.isNaN(toMs)) throw new RangeError(`${iso} is no instant`);
    if (toMs < nowMs()) throw new RangeError(`the clock shows ${new Date(nowMs()).toISOString()} and never goes back`);
    aheadMs = toMs - Date.now();
    latestMs = toMs;
    if (file !== null) writeJson(file, { aheadMs });
    ring();
  };
  // Without a file there is no past that a start could contradict.
  if (start !== undefined && file === null) aheadMs = Date.parse(start) - Date.now();
  else if (start !== undefined && readJson(file ?? '') === undefined) aheadMs = startedAt(file ?? '', start);
  else if (start !== undefined && Date.parse(start) > nowMs()) set(start);

  return {
    nowMs,
    now: () => new Date(nowMs()).toISOString(),
    set,
    whenReached: (atMs, act) => {
      const id = Symbol();
      alarms.set(id, { atMs, act });
      queueMicrotask(ring);
      return () => {
        alarms.delete(id);
      };
    },
    nextAlarmMs,
  };
}

function keptIn(file: string): number {
  const kept = readJson(file) as { aheadMs: number } | undefined;
  return kept?.aheadMs ?? 0;
}

/** A clock that has never run may start anywhere, in the past too. */
function startedAt(file: string, start: string): number {
  const aheadMs = Date.parse(start) - Date.now();
  writeJson(file, { aheadMs });
  return aheadMs;
}
