/** Requests and responses of the consent endpoints. */
import * as z from 'zod/mini';
import { CHANNELS } from '../../shared/domain/consent/channels.ts';
import { REASONS } from '../../shared/domain/consent/contactability.ts';
import { MARKETING } from '../../shared/domain/consent/standing.ts';
import { SEND_WINDOWS } from '../../shared/domain/settings.ts';

const line = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const channel = z.enum(CHANNELS);
const state = z.enum(['granted', 'withdrawn']);
const purpose = z._default(
  z.string().check(z.trim(), z.normalize('NFC'), z.minLength(1, 'A purpose must not be blank.'), z.maxLength(64)),
  MARKETING,
);

export const consentBody = z.strictObject({
  channel,
  purpose,
  state,
  /** The place of the statement: a form, a shop, a call. */
  source: line(200),
  /** How it was made: a ticked box, a reply. */
  method: line(200),
  /** The wording that the consumer was shown. */
  wordingVersion: z._default(z.nullable(line(200)), null),
});

export const consentShown = z.strictObject({
  consentId: z.string(),
  at: z.string(),
  channel,
  purpose: z.string(),
  state,
  source: z.string(),
  method: z.string(),
  wordingVersion: z.nullable(z.string()),
});
export const consentsPage = z.strictObject({ items: z.array(consentShown), nextCursor: z.nullable(z.string()) });

/** The limit exceeds the longest multipart SMS. */
export const inboundSms = z.strictObject({ from: line(64), text: z.string().check(z.maxLength(4_096)) });
export const received = z.strictObject({ keyword: z.nullable(z.string()) });

export const contactQuery = z.strictObject({ channel, purpose });
export const contactability = z.strictObject({
  allowed: z.boolean(),
  reasons: z.array(z.enum(REASONS)),
  nextAt: z.nullable(z.string()),
  /** When the consumer engages most, regardless of quiet hours and limits. */
  bestSendTime: z.nullable(
    z.strictObject({
      window: z.enum(SEND_WINDOWS.map(({ window }) => window)),
      localHour: z.int(),
      engagements: z.int(),
      nextAt: z.string(),
    }),
  ),
});
