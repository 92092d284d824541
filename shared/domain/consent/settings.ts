/** The settings of contacting: hours of rest, and how often (product.md, section 8). */
import * as z from 'zod/mini';
import { CHANNELS } from './channels.ts';

const LIMITS_MOST = 20;
const MESSAGES_MOST = 100;
const DAYS_MOST = 365;

const time = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'A time of day is 00:00 to 23:59.'));
const limit = z.strictObject({
  channel: z.enum(CHANNELS),
  /** At most so many in any `days`, which are exact periods of 24 hours. */
  messages: z.int().check(z.gte(1), z.lte(MESSAGES_MOST)),
  days: z.int().check(z.gte(1), z.lte(DAYS_MOST)),
});

export const contactSchema = z.strictObject({
  /** By the consumer's own clock, for sms and push; null, or from and to the same: none. */
  quietHours: z._default(z.nullable(z.strictObject({ from: time, to: time })), { from: '21:00', to: '08:00' }),
  /** All of a channel hold; a channel without one has no limit. */
  frequency: z._default(
    z.array(limit).check(z.maxLength(LIMITS_MOST)),
    CHANNELS.map((channel) => ({ channel, messages: 3, days: 1 })),
  ),
});
