import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { attributesOf } from '../../shared/domain/event-types.ts';
import { isTimezone, offsetMsAt } from '../../shared/domain/timezones.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('timezones', () => {
  it('that do not exist push none out of memory that does', () => {
    expect(isTimezone('Europe/Paris')).toBe(true);
    for (let n = 0; n < 1_100; n += 1) expect(isTimezone(`Mars/Crater_${n}`)).toBe(false);
    const asked = jest.spyOn(Intl, 'DateTimeFormat');
    expect(isTimezone('Europe/Paris')).toBe(true);
    expect(asked).not.toHaveBeenCalled();
  });

  it('that do not exist are at UTC', () => {
    expect(offsetMsAt('Mars/Crater', 0)).toBe(0);
    expect(offsetMsAt('Asia/Kolkata', 0)).toBe(5.5 * 3_600_000);
  });

  it('have 64 characters at most', () => {
    const visit = attributesOf('visit').safeParse({ geo: { timezone: 'E'.repeat(65) } });
    expect(visit.error?.issues).toContainEqual(
      expect.objectContaining({ code: 'too_big', path: ['geo', 'timezone'], maximum: 64 }),
    );
  });
});
