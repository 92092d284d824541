import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Archival, lastActivityOf, settled } from '../../../shared/domain/consumer/archiving.ts';
import { plusDays } from '../../../shared/domain/instants.ts';

const BORN = '2026-01-01T10:00:00.000Z';
const day = (days: number) => plusDays(BORN, days);
const profile = (other: Partial<Archival> = {}): Archival => ({
  createdAt: BORN,
  archived: false,
  dueAt: day(730),
  ...other,
});
const active = (lastEventAt: string | null) => ({ lastEventAt });
const RULES = { afterDays: 730, since: null };
const ARCHIVED = { archived: true, dueAt: null, archivedAt: day(730) };

describe('the last activity', () => {
  it.each([
    ['creation, of who did nothing', null, BORN],
    ['the newest own event', day(3), day(3)],
    ['creation, of who brought older events along', day(-900), BORN],
  ])('is %s', (_, lastEventAt, at) => {
    expect(lastActivityOf(profile(), active(lastEventAt))).toBe(at);
  });
});

describe('a consumer', () => {
  it.each<[string, Archival, string | null, string, Partial<Archival> | null]>([
    ['is left alone before it is due', profile(), null, day(729), null],
    ['is left alone to the last millisecond', profile(), null, plusDays(day(730), -1 / 86_400_000), null],
    ['is archived at the very instant', profile(), null, day(730), ARCHIVED],
    ['is archived as of its instant, however late somebody looks', profile(), null, day(800), ARCHIVED],
    ['who did something is looked at again', profile(), day(10), day(730), { dueAt: day(740) }],
    ['who did something before it was created is archived all the same', profile(), day(-10), day(730), ARCHIVED],
    ['whom nobody knew when to look at is looked at', profile({ dueAt: null }), null, day(5), { dueAt: day(730) }],
    [
      'who would be looked at too late is looked at earlier',
      profile({ dueAt: day(900) }),
      null,
      day(5),
      { dueAt: day(730) },
    ],
    ['who is looked at too early stays so', profile({ dueAt: day(20) }), day(19), day(19), null],
    ['who is archived stays so', profile(ARCHIVED), day(40), day(770), null],
    [
      'comes back by doing something',
      profile(ARCHIVED),
      day(740),
      day(740),
      { archived: false, archivedAt: undefined, dueAt: day(1470) },
    ],
  ])('%s', (_, before, lastEventAt, now, change) => {
    const after = settled(before, active(lastEventAt), RULES, now);
    if (change === null) expect(after).toBe(before);
    else expect(after).toEqual({ ...before, ...change });
  });

  it('was never archived by a number of days before it was set', () => {
    const shorter = { afterDays: 30, since: day(100) };
    expect(settled(profile(), active(null), shorter, day(100))).toMatchObject({ archivedAt: day(100) });
    expect(settled(profile(), active(day(90)), shorter, day(120))).toMatchObject({ archivedAt: day(120) });
  });

  it('comes back where the number of days is greater now', () => {
    const longer = { afterDays: 800, since: day(740) };
    expect(settled(profile(ARCHIVED), active(null), longer, day(740))).toMatchObject({
      archived: false,
      dueAt: day(800),
    });
  });

  it('stands the same however often it is looked at', () => {
    const days = fc.integer({ min: -100, max: 900 }).map(day);
    const anyProfile = fc.record({ createdAt: days, archived: fc.boolean(), dueAt: fc.option(days) });
    const rules = fc.record({ afterDays: fc.integer({ min: 1, max: 800 }), since: fc.option(days) });
    fc.assert(
      fc.property(anyProfile, fc.option(days), rules, days, (before, lastEventAt, rules, now) => {
        const after = settled<Archival>(before, active(lastEventAt), rules, now);
        const at = plusDays(lastActivityOf(before, active(lastEventAt)), rules.afterDays);
        expect(after.archived).toBe(at <= now);
        expect(after.dueAt === null).toBe(after.archived);
        if (after.dueAt !== null) expect(now < after.dueAt && after.dueAt <= at).toBe(true);
        expect(settled(after, active(lastEventAt), rules, now)).toBe(after);
      }),
    );
  });
});
