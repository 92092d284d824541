import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { daysBetween, earlierOf, laterOf, parseInstant, plusDays } from '../../shared/domain/instants.ts';

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
