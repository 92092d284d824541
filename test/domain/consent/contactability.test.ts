import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contactabilityAt, type Question } from '../../../shared/domain/consent/contactability.ts';
import type { FrequencyLimit } from '../../../shared/domain/consent/frequency.ts';
import type { QuietHours } from '../../../shared/domain/consent/quiet-hours.ts';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';

const AT = '2026-01-01T00:00:00.000Z';
const NIGHT = { from: '21:00', to: '08:00' };
const asked = (some: Partial<Question> = {}): Question => ({
  ...{ channel: 'sms', purpose: 'marketing', hasContact: true, quietHours: null, timezone: 'UTC' },
  ...{ consents: { sms: { marketing: { state: 'granted', at: AT } } }, limits: [], sentMs: [] },
  ...some,
});
const limit = (messages: number, days: number): FrequencyLimit => ({ channel: 'sms', messages, days });
const all = (...instants: string[]) => instants.map(msOf);

describe('contacting a consumer', () => {
  const noon = '2026-06-01T12:00:00.000Z';
  const withdrawn = { sms: { marketing: { state: 'withdrawn' as const, at: AT } } };
  it.each<[claim: string, Partial<Question>, reasons: string[]]>([
    ['is allowed by consent', {}, []],
    ['needs an address', { hasContact: false }, ['no_contact']],
    ['needs consent', { consents: {} }, ['no_consent']],
    ['needs consent of this channel', { channel: 'push' }, ['no_consent']],
    ['needs consent to this purpose', { purpose: 'receipts' }, ['no_consent']],
    ['is refused where consent was withdrawn', { consents: withdrawn }, ['consent_withdrawn']],
    ['takes a purpose by any case', { purpose: 'MarKeting' }, []],
    ['is refused by a purpose that every object has', { purpose: 'constructor' }, ['no_consent']],
  ])('%s', (_, some, reasons) => {
    const nextAt = reasons.length === 0 ? noon : null;
    expect(contactabilityAt(asked(some), noon)).toEqual({ allowed: reasons.length === 0, reasons, nextAt });
  });

  it('is refused for all reasons that there are, in their order', () => {
    const some = { hasContact: false, consents: {}, quietHours: { from: '11:00', to: '13:00' } };
    const all = asked({ ...some, limits: [limit(1, 1)], sentMs: [msOf(noon)] });
    const reasons = ['no_contact', 'no_consent', 'quiet_hours', 'frequency_limit'];
    expect(contactabilityAt(all, noon)).toEqual({ allowed: false, reasons, nextAt: null });
  });
});

describe('quiet hours', () => {
  it.each<[claim: string, quiet: QuietHours, timezone: string, now: string, nextAt: string]>([
    ['have not begun', NIGHT, 'UTC', '2026-06-01T20:59:59.999Z', '2026-06-01T20:59:59.999Z'],
    ['begin', NIGHT, 'UTC', '2026-06-01T21:00:00.000Z', '2026-06-02T08:00:00.000Z'],
    ['go over midnight', NIGHT, 'UTC', '2026-06-02T00:30:00.000Z', '2026-06-02T08:00:00.000Z'],
    ['end', NIGHT, 'UTC', '2026-06-02T08:00:00.000Z', '2026-06-02T08:00:00.000Z'],
    ['are by day, too', { from: '12:00', to: '13:00' }, 'UTC', '2026-06-01T12:59:59.999Z', '2026-06-01T13:00:00.000Z'],
    [
      'are none from and to the same',
      { from: '08:00', to: '08:00' },
      'UTC',
      '2026-06-01T08:00:00.000Z',
      '2026-06-01T08:00:00.000Z',
    ],
    [
      'are nearly all day',
      { from: '08:01', to: '08:00' },
      'UTC',
      '2026-06-01T08:01:00.000Z',
      '2026-06-02T08:00:00.000Z',
    ],
    ['go by the clock there', NIGHT, 'America/New_York', '2026-06-01T12:00:00.000Z', '2026-06-01T12:00:00.000Z'],
    ['go by the clock there, west', NIGHT, 'America/New_York', '2026-06-01T11:59:00.000Z', '2026-06-01T12:00:00.000Z'],
    ['go by an offset of 45 minutes', NIGHT, 'Asia/Kathmandu', '2026-06-01T15:15:00.000Z', '2026-06-02T02:15:00.000Z'],
    [
      'are an hour shorter where clocks leap',
      NIGHT,
      'Europe/London',
      '2026-03-28T21:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
    ],
    [
      'are an hour longer where clocks fall',
      NIGHT,
      'Europe/London',
      '2026-10-24T20:00:00.000Z',
      '2026-10-25T08:00:00.000Z',
    ],
    ['fall by half an hour', NIGHT, 'Australia/Lord_Howe', '2026-04-04T10:00:00.000Z', '2026-04-04T21:30:00.000Z'],
    [
      'end by the leap over their end',
      { from: '00:00', to: '01:30' },
      'Europe/London',
      '2026-03-29T00:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'begin by the leap',
      { from: '01:30', to: '02:30' },
      'Europe/London',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'are leapt over altogether',
      { from: '01:00', to: '02:00' },
      'Europe/London',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'end once, and come again where clocks fall',
      { from: '01:15', to: '01:30' },
      'Europe/London',
      '2026-10-25T00:20:00.000Z',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'come again in the hour that is shown twice',
      { from: '01:15', to: '01:30' },
      'Europe/London',
      '2026-10-25T01:20:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ],
    [
      'go on where clocks fall into them',
      { from: '00:00', to: '02:00' },
      'Europe/London',
      '2026-10-25T00:59:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ],
    [
      'end by the fall',
      { from: '01:30', to: '03:00' },
      'Europe/London',
      '2026-10-25T00:45:00.000Z',
      '2026-10-25T01:00:00.000Z',
    ],
    [
      'are at UTC where there is no such timezone',
      NIGHT,
      'Mars/Crater',
      '2026-06-01T22:00:00.000Z',
      '2026-06-02T08:00:00.000Z',
    ],
  ])('%s', (_, quietHours, timezone, now, nextAt) => {
    const answer = contactabilityAt(asked({ quietHours, timezone }), now);
    const reasons = nextAt === now ? [] : ['quiet_hours'];
    expect(answer).toEqual({ allowed: nextAt === now, reasons, nextAt });
  });

  it('are for push as for sms, and not for email', () => {
    const consents = {
      email: { marketing: { state: 'granted' as const, at: AT } },
      push: { marketing: { state: 'granted' as const, at: AT } },
    };
    const midnight = '2026-06-01T00:00:00.000Z';
    const by = (channel: 'email' | 'push') =>
      contactabilityAt(asked({ channel, consents, quietHours: NIGHT }), midnight);
    expect([by('email').allowed, by('push').reasons]).toEqual([true, ['quiet_hours']]);
  });
});

describe('a limit of messages', () => {
  const now = '2026-06-10T12:00:00.000Z';
  it.each<[claim: string, limits: FrequencyLimit[], sent: string[], nextAt: string]>([
    ['leaves room for the last one', [limit(3, 1)], ['2026-06-10T10:00:00.000Z', '2026-06-10T11:00:00.000Z'], now],
    ['is reached', [limit(2, 1)], ['2026-06-10T10:00:00.000Z', '2026-06-10T11:00:00.000Z'], '2026-06-11T10:00:00.000Z'],
    ['is reached by a message of this very instant', [limit(1, 1)], [now], '2026-06-11T12:00:00.000Z'],
    ['has forgotten a message after exactly 24 hours', [limit(1, 1)], ['2026-06-09T12:00:00.000Z'], now],
    ['remembers it a millisecond before', [limit(1, 1)], ['2026-06-09T12:00:00.001Z'], '2026-06-10T12:00:00.001Z'],
    [
      'waits for more than one to leave',
      [limit(1, 7)],
      ['2026-06-05T00:00:00.000Z', '2026-06-08T00:00:00.000Z'],
      '2026-06-15T00:00:00.000Z',
    ],
    ['knows no calendar days', [limit(1, 1)], ['2026-06-09T23:00:00.000Z'], '2026-06-10T23:00:00.000Z'],
    [
      'holds with others',
      [limit(2, 1), limit(3, 30)],
      ['2026-05-20T00:00:00.000Z', '2026-06-10T10:00:00.000Z', '2026-06-10T11:00:00.000Z'],
      '2026-06-19T00:00:00.000Z',
    ],
    ['counts a message ahead of the clock when its time has come', [limit(1, 1)], ['2026-06-10T12:01:00.000Z'], now],
    [
      'waits for that one, too',
      [limit(1, 1)],
      ['2026-06-09T12:03:00.000Z', '2026-06-10T12:01:00.000Z'],
      '2026-06-11T12:01:00.000Z',
    ],
  ])('%s', (_, limits, sent, nextAt) => {
    const reasons = nextAt === now ? [] : ['frequency_limit'];
    const answer = contactabilityAt(asked({ limits, sentMs: all(...sent) }), now);
    expect(answer).toEqual({ allowed: nextAt === now, reasons, nextAt });
  });

  it('that ends by night is waited for until the morning', () => {
    const evening = '2026-06-10T20:00:00.000Z';
    const question = asked({ quietHours: NIGHT, limits: [limit(1, 1)], sentMs: all('2026-06-09T23:00:00.000Z') });
    const answer = { allowed: false, reasons: ['frequency_limit'], nextAt: '2026-06-11T08:00:00.000Z' };
    expect(contactabilityAt(question, evening)).toEqual(answer);
  });
});

/** Days around which clocks are moved, and days like any other. */
const PLACES = [
  ['Europe/London', '2026-03-29'],
  ['Europe/London', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Asia/Kathmandu', '2026-05-05'],
] as const;
const DAYS = 9;

/** What a clock on the wall shows at each minute, asked from the runtime in another way than the code does. */
const wallOf = ([timezone, day]: (typeof PLACES)[number]) => {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const startMs = msOf(`${day}T00:00:00.000Z`) - 2 * DAY_MS;
  const shown = Array.from({ length: (DAYS * DAY_MS) / MINUTE_MS }, (_, n) => clock.format(startMs + n * MINUTE_MS));
  return { timezone, startMs, shown };
};
const WALLS = PLACES.map(wallOf);

const isQuiet = ({ from, to }: QuietHours, time: string) =>
  from <= to ? time >= from && time < to : time >= from || time < to;
const isFull = ({ messages, days }: FrequencyLimit, sentMs: readonly number[], ms: number) =>
  sentMs.filter((one) => one > ms - days * DAY_MS && one <= ms).length >= messages;

/** The next instant, by trying every minute. */
const byMinutes = (
  { startMs, shown }: (typeof WALLS)[number],
  quiet: QuietHours,
  { limits, sentMs }: Question,
  nowMs: number,
) => {
  const isClosed = (ms: number) =>
    isQuiet(quiet, shown[Math.floor((ms - startMs) / MINUTE_MS)] ?? '') ||
    limits.some((one) => isFull(one, sentMs, ms));
  if (!isClosed(nowMs)) return nowMs;
  let ms = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  while (isClosed(ms)) ms += MINUTE_MS;
  return ms;
};

const time = fc
  .oneof(
    { arbitrary: fc.integer({ min: 0, max: 12 }).map((n) => n * 15), weight: 2 },
    fc.integer({ min: 0, max: 1_439 }),
  )
  .map((minutes) => [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':'));

describe('the instant at which a consumer may be contacted', () => {
  it('is the one that trying every minute finds, on the days on which clocks are moved', () => {
    const minute = (most: number) => fc.integer({ min: 0, max: most });
    const property = fc.property(
      fc.constantFrom(...WALLS),
      fc.record({ from: time, to: time }),
      fc.record({ minute: minute(3 * 1_440), ms: fc.oneof(fc.constant(0), minute(59_999)) }),
      fc.array(
        fc.record({
          channel: fc.constant('sms' as const),
          messages: fc.integer({ min: 1, max: 3 }),
          days: fc.integer({ min: 1, max: 2 }),
        }),
        { maxLength: 3 },
      ),
      fc.array(fc.integer({ min: -5, max: 2 * 1_440 }), { maxLength: 6 }),
      (wall, quietHours, { minute, ms }, limits, sentAgo) => {
        const nowMs = wall.startMs + minute * MINUTE_MS + ms;
        const sentMs = sentAgo.map((ago) => wall.startMs + (minute - ago) * MINUTE_MS);
        const question = asked({ timezone: wall.timezone, quietHours, limits, sentMs });
        const nextMs = byMinutes(wall, quietHours, question, nowMs);
        const { allowed, nextAt } = contactabilityAt(question, instantOf(nowMs));
        expect([nextAt, allowed]).toEqual([instantOf(nextMs), nextMs === nowMs]);
      },
    );
    fc.assert(property, { numRuns: 5_000 });
  });
});
