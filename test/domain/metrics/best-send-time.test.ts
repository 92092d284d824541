import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import { bestSendTime } from '../../../shared/domain/metrics/best-send-time.ts';
import { isTimezone, nextLocalHour } from '../../../shared/domain/timezones.ts';

const NOW = '2026-06-01T12:00:00.000Z';
/** Engagements at these UTC hours, each on its own day. */
const minutes = (...hours: number[]) =>
  hours.map((hour, day) => msOf('2026-01-01T00:00:00.000Z') / MINUTE_MS + day * 1440 + hour * 60);

describe('the best send time', () => {
  it.each([
    ['nobody', [], null],
    ['hours outside every window', [5.99, 22, 23.5, 0, 3], null],
    ['the first minute of a window', [6], ['morning', 8, 1]],
    ['the last minute of a window', [9.99], ['morning', 8, 1]],
    ['midday', [10, 13.99, 9], ['midday', 12, 2]],
    ['afternoon', [14, 17.99, 13], ['afternoon', 15, 2]],
    ['evening', [18, 21.99, 17], ['evening', 19, 2]],
    ['a tie goes to the earlier', [19, 12, 20, 11, 8], ['midday', 12, 2]],
  ] as const)('%s', (_, hours, best) => {
    const answer = bestSendTime(minutes(...hours), null, NOW);
    expect(answer && [answer.window, answer.localHour, answer.engagements]).toEqual(best);
  });

  it('is the local hour in the timezone known now, as it was at the engagement', () => {
    const winterAndSummer = [msOf('2026-01-10T09:30:00.000Z'), msOf('2026-07-10T09:30:00.000Z')].map(
      (ms) => ms / MINUTE_MS,
    );
    // London reads 9:30 in winter, 10:30 in summer: one each, and the morning is the earlier.
    expect(bestSendTime(winterAndSummer, 'Europe/London', NOW)).toMatchObject({ window: 'morning', engagements: 1 });
    expect(bestSendTime(winterAndSummer, 'Asia/Kolkata', NOW)).toMatchObject({ window: 'afternoon', engagements: 2 });
    expect(bestSendTime(winterAndSummer, null, NOW)).toMatchObject({ window: 'morning', engagements: 2 });
  });

  it.each([
    ['later today', 'UTC', '2026-06-01T18:59:59.999Z', '2026-06-01T19:00:00.000Z'],
    ['tomorrow, where it is that hour now', 'UTC', '2026-06-01T19:00:00.000Z', '2026-06-02T19:00:00.000Z'],
    ['in summer', 'Europe/London', '2026-06-01T12:00:00.000Z', '2026-06-01T18:00:00.000Z'],
    ['in winter', 'Europe/London', '2026-12-01T12:00:00.000Z', '2026-12-01T19:00:00.000Z'],
    ['over the leap to summer time', 'Europe/London', '2026-03-28T19:30:00.000Z', '2026-03-29T18:00:00.000Z'],
    ['over the fall to winter time', 'Europe/London', '2026-10-24T18:30:00.000Z', '2026-10-25T19:00:00.000Z'],
    [
      'where the day is another one than in UTC',
      'Pacific/Auckland',
      '2026-06-01T12:00:00.000Z',
      '2026-06-02T07:00:00.000Z',
    ],
    ['with an offset of 45 minutes', 'Asia/Kathmandu', '2026-06-01T12:00:00.000Z', '2026-06-01T13:15:00.000Z'],
    ['over a day that a country left out', 'Pacific/Apia', '2011-12-30T08:00:00.000Z', '2011-12-31T05:00:00.000Z'],
  ])('comes next %s', (_, timezone, now, nextAt) => {
    const local = bestSendTime([msOf('2026-06-01T00:00:00.000Z') / MINUTE_MS], 'UTC', now);
    expect(local).toBeNull();
    expect(instantOf(nextLocalHour(timezone, 19, msOf(now)))).toBe(nextAt);
  });
});

/** What a clock on the wall shows, asked from the runtime in another way than the code does. */
const wallClock = (timezone: string) =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

describe('the next local hour', () => {
  const zones = [
    'Europe/London',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'Pacific/Apia',
    'America/St_Johns',
    'Antarctica/Troll',
    'UTC',
  ];
  /** Around changes of clocks, and anywhere. */
  const instant = fc.oneof(
    fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2037, 0, 1) }),
    fc
      .constantFrom(
        '2026-03-29',
        '2026-10-25',
        '2026-03-08',
        '2026-11-01',
        '2026-04-05',
        '2026-10-04',
        '2011-12-30',
        '2026-02-15',
        '2026-03-22',
      )
      .chain((day) =>
        fc.integer({ min: -48 * 60, max: 48 * 60 }).map((minute) => msOf(`${day}T00:00:00.000Z`) + minute * MINUTE_MS),
      ),
  );

  it('is the first instant after now at which the wall shows it, found by trying every minute', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 23 }), instant, (timezone, hour, now) => {
        const wall = wallClock(timezone);
        const wanted = `${String(hour).padStart(2, '0')}:00:00`;
        let tried = (Math.floor(now / (15 * MINUTE_MS)) + 1) * 15 * MINUTE_MS;
        while (wall.format(tried) !== wanted) tried += 15 * MINUTE_MS;
        expect(instantOf(nextLocalHour(timezone, hour, now))).toBe(instantOf(tried));
      }),
      { numRuns: 400 },
    );
  });

  it('skips the day on which clocks leap over it, and comes twice where they show it twice', () => {
    expect(instantOf(nextLocalHour('America/New_York', 2, msOf('2026-03-07T08:00:00.000Z')))).toBe(
      '2026-03-09T06:00:00.000Z',
    );
    expect(instantOf(nextLocalHour('America/New_York', 1, msOf('2026-11-01T04:00:00.000Z')))).toBe(
      '2026-11-01T05:00:00.000Z',
    );
    expect(instantOf(nextLocalHour('America/New_York', 1, msOf('2026-11-01T05:00:00.000Z')))).toBe(
      '2026-11-01T06:00:00.000Z',
    );
  });
});

it('windows are counted as a brute count of wall-clock hours does', () => {
  const someMinutes = fc.array(fc.integer({ min: 26_000_000, max: 30_000_000 }), { maxLength: 100 });
  const WINDOWS = [
    ['morning', 6],
    ['midday', 10],
    ['afternoon', 14],
    ['evening', 18],
  ] as const;
  fc.assert(
    fc.property(
      someMinutes,
      fc.constantFrom('Europe/London', 'America/St_Johns', 'Asia/Kolkata'),
      (engaged, timezone) => {
        const wall = wallClock(timezone);
        const hours = engaged.map((minute) => Number(wall.format(minute * MINUTE_MS).slice(0, 2)));
        const counts = WINDOWS.map(([window, from]) => ({
          window,
          engagements: hours.filter((h) => h >= from && h < from + 4).length,
        }));
        const best = counts.sort((p, q) => q.engagements - p.engagements)[0];
        const answer = bestSendTime(engaged, timezone, NOW);
        if (best === undefined || best.engagements === 0) expect(answer).toBeNull();
        else expect(answer).toMatchObject(best);
      },
    ),
  );
});

it.each([
  ['Europe/London', true],
  ['UTC', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Mars/Olympus', false],
  ['+02:00', false],
  ['', false],
  ['Europe/London\0', false],
])('%j names a timezone: %s', (text, named) => {
  expect(isTimezone(text)).toBe(named);
});
