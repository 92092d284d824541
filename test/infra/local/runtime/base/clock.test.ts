import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createClock } from '../../../../../infra/local/runtime/base/clock.ts';

const FUTURE = '2090-01-31T09:30:00.000Z';
const temporary = () => join(mkdtempSync(join(tmpdir(), 'clock-')), 'clock.json');

describe('the clock of the local stack', () => {
  it('ticks on from where it was put', async () => {
    const clock = createClock({ file: null });
    clock.set(FUTURE);
    const before = clock.nowMs();
    await new Promise<void>((resolve) => void clock.whenReached(before + 15, resolve));
    expect(clock.nowMs()).toBeGreaterThanOrEqual(before + 15);
    expect(clock.now().slice(0, 16)).toBe('2090-01-31T09:30');
  });

  it.each([['2089-12-31T00:00:00.000Z'], ['yesterday'], ['']])('refuses to be put to %p', (instant) => {
    const clock = createClock({ file: null });
    clock.set(FUTURE);
    expect(() => clock.set(instant)).toThrow(RangeError);
    expect(clock.now() >= FUTURE).toBe(true);
  });

  it('keeps its position over a restart, regardless of the start it is given', () => {
    const file = temporary();
    createClock({ file }).set(FUTURE);
    expect(createClock({ file }).now() >= FUTURE).toBe(true);
    expect(createClock({ file, start: '2026-01-01T00:00:00Z' }).now() >= FUTURE).toBe(true);
    expect(createClock({ file, start: '2091-01-01T00:00:00Z' }).now().slice(0, 4)).toBe('2091');
  });

  it('may start in the past when it has never run, and goes on from there after a restart', () => {
    const file = temporary();
    expect(createClock({ file, start: '1997-01-01T00:00:00Z' }).now().slice(0, 13)).toBe('1997-01-01T00');
    expect(createClock({ file }).now().slice(0, 13)).toBe('1997-01-01T00');
  });

  it('wakes those who wait, in the order of their instants, when it is put beyond them', async () => {
    const clock = createClock({ file: null });
    const woken: string[] = [];
    clock.whenReached(Date.parse('2090-01-02'), () => woken.push('second'));
    clock.whenReached(Date.parse('2090-01-01'), () => woken.push('first'));
    clock.whenReached(Date.parse('2090-02-01'), () => woken.push('later'));
    const callOff = clock.whenReached(Date.parse('2090-01-03'), () => woken.push('called off'));
    callOff();
    expect(clock.nextAlarmMs()).toBe(Date.parse('2090-01-01'));
    clock.set(FUTURE);
    expect(woken).toEqual(['first', 'second']);
    expect(clock.nextAlarmMs()).toBe(Date.parse('2090-02-01'));
  });
});
