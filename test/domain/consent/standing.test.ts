import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHANNELS } from '../../../shared/domain/consent/channels.ts';
import {
  marketingOf,
  nextInstant,
  PURPOSES_MOST,
  purposeIn,
  type Statement,
  standingOf,
  stated,
} from '../../../shared/domain/consent/standing.ts';
import type { Consents } from '../../../shared/domain/facts.ts';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';

const AT = '2026-03-01T12:00:00.000Z';
const said = (consents: Consents, channel: Statement['channel'], purpose: string, state: Statement['state'], at = AT) =>
  stated(consents, { channel, purpose: purposeIn(consents, channel, purpose), state }, at);

describe('what a consumer agrees to', () => {
  it('is the newest statement of each channel and purpose', () => {
    const statement = fc.record<Statement>({
      channel: fc.constantFrom(...CHANNELS),
      purpose: fc.constantFrom('marketing', 'receipts', '__proto__', 'toString'),
      state: fc.constantFrom('granted', 'withdrawn'),
    });
    fc.assert(
      fc.property(fc.array(statement), (statements) => {
        const at = (n: number) => instantOf(msOf(AT) + n);
        const consents = statements.reduce<Consents>(
          (before, { channel, purpose, state }, n) => said(before, channel, purpose, state, at(n)),
          {},
        );
        const kept = JSON.parse(JSON.stringify(consents)) as Consents;
        for (const channel of CHANNELS) {
          for (const purpose of ['marketing', 'receipts', '__proto__', 'toString', 'never asked']) {
            const last = statements.findLastIndex((one) => one.channel === channel && one.purpose === purpose);
            const standing = last < 0 ? null : { state: statements[last]?.state, at: at(last) };
            expect(standingOf(kept, channel, purpose)).toEqual(standing);
          }
          expect(marketingOf(kept)[channel] ?? null).toEqual(standingOf(kept, channel, 'marketing'));
        }
      }),
    );
  });

  it('has one purpose whatever its case, by the spelling that was first', () => {
    const consents = said(said({}, 'email', 'Straße', 'granted'), 'email', 'STRASSE', 'withdrawn');
    expect(consents).toEqual({ email: { Straße: { state: 'withdrawn', at: AT } } });
    expect(said({}, 'email', 'MARKETING', 'granted')).toEqual({ email: { marketing: { state: 'granted', at: AT } } });
  });

  it('has so many purposes a channel, and always marketing', () => {
    const names = Array.from({ length: PURPOSES_MOST }, (_, n) => `p${n}`);
    const full = names.reduce<Consents>((before, name) => said(before, 'sms', name, 'granted'), {});
    expect(() => said(full, 'sms', 'one more', 'granted')).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(standingOf(said(full, 'sms', 'p3', 'withdrawn'), 'sms', 'p3')?.state).toBe('withdrawn');
    expect(standingOf(said(full, 'sms', 'marketing', 'withdrawn'), 'sms', 'marketing')?.state).toBe('withdrawn');
    expect(standingOf(said(full, 'push', 'one more', 'granted'), 'push', 'one more')?.state).toBe('granted');
  });
});

describe('the instant of a statement', () => {
  it.each([
    ['now, where nothing was said', {}, AT],
    ['now, after what was said before', said({}, 'sms', 'x', 'granted', '2026-03-01T11:59:59.999Z'), AT],
    ['later than what was said now', said({}, 'push', 'x', 'granted'), '2026-03-01T12:00:00.001Z'],
    [
      'later than what a clock ahead said',
      said({}, 'sms', 'x', 'granted', '2026-03-01T12:00:07.000Z'),
      '2026-03-01T12:00:07.001Z',
    ],
  ])('is %s', (_, consents, at) => expect(nextInstant(consents, AT)).toBe(at));
});
