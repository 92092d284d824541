/** Whether a consumer may be contacted now, why not, and when. */
import type { Channel, Consents, Instant } from '../facts.ts';
import { instantOf, msOf } from '../instants.ts';
import { type FrequencyLimit, roomFromMs } from './frequency.ts';
import { type QuietHours, quietUntilMs } from './quiet-hours.ts';
import { standingOf } from './standing.ts';

/** In the order in which they are told. */
export const REASONS = ['no_contact', 'no_consent', 'consent_withdrawn', 'quiet_hours', 'frequency_limit'] as const;
type Reason = (typeof REASONS)[number];

export interface Question {
  channel: Channel;
  purpose: string;
  consents: Consents;
  /** Whether there is an address of this channel. */
  hasContact: boolean;
  /** Null where no hour is quiet. */
  quietHours: QuietHours | null;
  /** By whose clock. */
  timezone: string;
  /** Of this channel. */
  limits: readonly FrequencyLimit[];
  /** When the consumer got messages of this channel, as far as the limits reach. */
  sentMs: readonly number[];
}
export interface Contactability {
  allowed: boolean;
  reasons: Reason[];
  /** Now, where it is allowed; null where it is for the consumer to change. */
  nextAt: Instant | null;
}

export function contactabilityAt(question: Question, now: Instant): Contactability {
  const nowMs = msOf(now);
  const theirs = consumersReasons(question);
  const quietMs = quietEndMs(question, nowMs);
  const roomMs = roomFromMs(question.limits, question.sentMs, nowMs);
  const reasons: Reason[] = [
    ...theirs,
    ...(quietMs > nowMs ? (['quiet_hours'] as const) : []),
    ...(roomMs > nowMs ? (['frequency_limit'] as const) : []),
  ];
  const nextAt = theirs.length > 0 ? null : instantOf(nextMs(question, nowMs));
  return { allowed: reasons.length === 0, reasons, nextAt };
}

/** Those that only the consumer can change. */
function consumersReasons({ channel, purpose, consents, hasContact }: Question): Reason[] {
  const state = standingOf(consents, channel, purpose)?.state;
  return [
    ...(hasContact ? [] : (['no_contact'] as const)),
    ...(state === undefined ? (['no_consent'] as const) : []),
    ...(state === 'withdrawn' ? (['consent_withdrawn'] as const) : []),
  ];
}

/** Nobody is woken up by an email. */
const quietEndMs = ({ channel, quietHours, timezone }: Question, ms: number): number =>
  channel === 'email' || quietHours === null ? ms : quietUntilMs(quietHours, timezone, ms);

/** Each may put it off into what the other one forbids. */
function nextMs(question: Question, nowMs: number): number {
  for (let at = nowMs; ; ) {
    const next = roomFromMs(question.limits, question.sentMs, quietEndMs(question, at));
    if (next === at) return at;
    at = next;
  }
}
