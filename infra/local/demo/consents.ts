/** What the shop's people agree to. */
import type { Client } from '../client/client.ts';

export interface DemoConsent {
  channel: 'email' | 'sms';
  state: 'granted' | 'withdrawn';
  source: string;
  method: string;
  wordingVersion: string | null;
}

const ticked = { source: 'checkout', method: 'box ticked', wordingVersion: '2' } as const;
const unsubscribed = { source: 'newsletter', method: 'link followed', wordingVersion: null } as const;

/** One in three agrees to emails, one in four with a phone to SMS; some think better of it. In the order in which they say so. */
export const consentsOf = (number: number, hasPhone: boolean): DemoConsent[] => [
  ...(number % 3 === 1 ? [{ channel: 'email', state: 'granted', ...ticked } as const] : []),
  ...(hasPhone && number % 4 === 0 ? [{ channel: 'sms', state: 'granted', ...ticked } as const] : []),
  ...(number % 10 === 1 ? [{ channel: 'email', state: 'withdrawn', ...unsubscribed } as const] : []),
  ...(hasPhone && number % 12 === 0 ? [{ channel: 'sms', state: 'withdrawn', ...unsubscribed } as const] : []),
];

/** Each under a key of its own, so that a load that goes on later says nothing twice. */
export const agree = async (client: Client, consumerId: string, number: number, hasPhone: boolean): Promise<void> => {
  for (const [nth, consent] of consentsOf(number, hasPhone).entries()) {
    const key = { 'idempotency-key': `demo-consent-${number}-${nth}` };
    const { status, body } = await client.call('POST', `/v1/consumers/${consumerId}/consents`, consent, key);
    if (status !== 201) throw new Error(`a consent is refused: ${JSON.stringify(body)}`);
  }
};
