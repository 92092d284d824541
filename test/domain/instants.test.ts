import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  daysBetween,
  earlierOf,
  laterOf,
  parseInstant,
  plusDays,
  plusMonths,
  wholeMonthsBetween,
} from '../../shared/domain/instants.ts';

const LATEST = new Date('9999-12-31T23:59:59.999Z');
const instants = fc.date({ min: new Date(0), max: LATEST, noInvalidDate: true });

describe('an instant is ISO 8601 with an offset', () => {
  it.each([
    ['2026-01-31T09:30:00.000Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00.000Z'],
    ['2026-01-31T09:30:00-0930', '2026-01-31T19:00:00.000Z'],
    ['2026-01-31T09:30:00+02', '2026-01-31T07:30:00.000Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.123999999Z', '2026-01-31T09:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    ['2026-02-30T00:00:00Z', 'a day that does not exist'],
    ['2025-02-29T00:00:00Z', 'a leap day in another year'],
    ['2100-02-29T00:00:00Z', 'a leap day in a year that has none'],
    ['2026-04-31T00:00:00Z', 'a day that does not exist'],
    ['2026-13-01T00:00:00Z', 'a month that does not exist'],
    ['2026-00-10T00:00:00Z', 'a month that does not exist'],
    ['2026-01-00T00:00:00Z', 'a day that does not exist'],
    ['2026-01-31T24:00:00Z', 'hour 24'],
    ['2026-01-31T23:60:00Z', 'minute 60'],
    ['2026-01-31T23:59:60Z', 'a leap second'],
    ['2026-01-31T09:30:00', 'no offset'],
    ['2026-01-31', 'no time'],
    ['2026-01-31T09:30:00+24:00', 'an offset that does not exist'],
    ['1969-12-31T23:59:59.999Z', 'before 1970'],
    ['1970-01-01T00:30:00+01:00', 'before 1970 in UTC'],
    ['9999-12-31T23:30:00-01:00', 'after 9999 in UTC'],
    ['+012026-01-31T09:30:00Z', 'a year of six digits'],
    ['2026-01-31 09:30:00Z', 'no T'],
    ['2026-01-31T09:30:00.Z', 'a point without a fraction'],
    [' 2026-01-31T09:30:00Z', 'a blank'],
    ['tomorrow', 'words'],
    ['', 'nothing'],
  ])('refuses %s: %s', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('reads back every instant that it writes', () => {
    fc.assert(fc.property(instants, (date) => expect(parseInstant(date.toISOString())).toBe(date.toISOString())));
  });
});

describe('days are exact 24 h periods', () => {
  it('counts through a change of clocks and a leap day', () => {
    expect(daysBetween('2026-03-28T12:00:00.000Z', '2026-03-30T00:00:00.000Z')).toBe(1.5);
    expect(plusDays('2024-02-28T00:00:00.000Z', 2)).toBe('2024-03-01T00:00:00.000Z');
  });

  it('adds what it counts', () => {
    const near = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(near, near, (one, other) => {
        const [from, to] = [one.toISOString(), other.toISOString()];
        expect(plusDays(from, daysBetween(from, to))).toBe(to);
      }),
    );
  });

  it('picks the earlier and the later, and whichever there is', () => {
    expect(earlierOf('2026-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z')).toBe('2025-01-01T00:00:00.000Z');
    expect(laterOf('2026-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z')).toBe('2026-01-01T00:00:00.000Z');
    expect(earlierOf(null, '2025-01-01T00:00:00.000Z')).toBe('2025-01-01T00:00:00.000Z');
    expect(laterOf('2025-01-01T00:00:00.000Z', null)).toBe('2025-01-01T00:00:00.000Z');
  });
});

describe('months are calendar months in UTC, from an instant’s own time of day', () => {
  const at = (day: string): string => (day.length === 10 ? `${day}T12:00:00.000Z` : day);

  it.each([
    ['2026-01-31', '2026-02-28', 1, 'the anniversary is clamped to the end of the month'],
    ['2024-01-31', '2024-02-29', 1, 'which in a leap year is later'],
    ['2024-01-31', '2024-02-28', 0, ''],
    ['2024-02-29', '2025-02-28', 12, 'so is that of a leap day'],
    ['2024-02-29', '2028-02-28', 47, 'in other years alone'],
    ['2024-02-29', '2028-02-29', 48, ''],
    ['2026-08-31', '2026-09-30', 1, ''],
    ['2026-08-31', '2026-09-29', 0, ''],
    ['2026-01-31', '2026-03-30', 1, 'clamped months leave no trace in later ones'],
    ['2026-01-31', '2026-03-31', 2, ''],
    ['2026-01-15', '2026-04-15', 3, ''],
    ['2026-01-15', '2026-04-14', 2, ''],
    ['2026-02-28', '2026-03-28', 1, 'the end of a month is no day of its own'],
    ['2025-12-31', '2026-01-31', 1, 'over the year’s end'],
    ['2099-12-31', '2100-02-28', 2, 'in a year that might be a leap year'],
    ['2016-03-01', '2026-03-01', 120, ''],
    ['2026-01-31T09:30:00.000Z', '2026-02-28T09:29:59.999Z', 0, 'the time of day counts'],
    ['2026-01-31T09:30:00.000Z', '2026-02-28T09:30:00.000Z', 1, ''],
    ['2026-01-30T10:00:00.000Z', '2026-02-28T09:30:00.000Z', 0, 'even where a later day has its month sooner'],
    ['2026-01-31T23:59:59.999Z', '2026-02-28T23:59:59.998Z', 0, ''],
    ['2026-01-31T23:59:59.999Z', '2026-02-28T23:59:59.999Z', 1, ''],
    ['2026-05-20', '2026-05-20', 0, ''],
    ['2026-05-20', '2026-05-19', -1, 'back in time'],
    ['2026-03-31', '2026-02-28', -1, ''],
    ['2026-03-31', '2026-02-27', -2, ''],
  ])('from %s to %s are %d whole months %s', (from, to, months) => {
    expect(wholeMonthsBetween(at(from), at(to))).toBe(months);
  });

  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-08-31', 1, '2026-09-30'],
    ['2026-01-31', 2, '2026-03-31'],
    ['2026-12-31', 2, '2027-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-15', -13, '2024-12-15'],
    ['2026-05-20', 0, '2026-05-20'],
    ['2026-10-31T23:59:59.999Z', 13, '2027-11-30T23:59:59.999Z'],
  ])('%s and %d months is %s', (from, months, to) => {
    expect(plusMonths(at(from), months)).toBe(at(to));
  });

  const decades = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  const months = fc.integer({ min: 0, max: 1_200 });

  it('so many are whole between two instants as can be added without passing the later one', () => {
    fc.assert(
      fc.property(decades, decades, (one, other) => {
        const [from, to] = [one.toISOString(), other.toISOString()];
        const whole = wholeMonthsBetween(from, to);
        expect(plusMonths(from, whole) <= to && plusMonths(from, whole + 1) > to).toBe(true);
      }),
    );
  });

  it('counts what it added, on the same day or the month’s last, at the same time', () => {
    fc.assert(
      fc.property(decades, months, (date, n) => {
        const from = date.toISOString();
        const to = plusMonths(from, n);
        expect(wholeMonthsBetween(from, to)).toBe(n);
        expect(to.slice(10)).toBe(from.slice(10));
        const [day, sameDay] = [from, to].map((instant) => Number(instant.slice(8, 10)));
        const isLast = plusDays(to, 1).slice(8, 10) === '01';
        expect(sameDay === day || (isLast && (sameDay ?? 0) < (day ?? 0))).toBe(true);
      }),
    );
  });
});
