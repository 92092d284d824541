/** What a consumer agrees to as of now: of each channel and purpose the newest statement. */
import { folded } from '../consumer/text.ts';
import type { Channel, ConsentState, Consents, Instant } from '../facts.ts';
import { instantOf, laterOf, msOf } from '../instants.ts';
import { invalid } from '../refusal.ts';
import { CHANNELS } from './channels.ts';

/** What is meant where no purpose is named, and what the consumer's detail and segments show. */
export const MARKETING = 'marketing';
/** Of one channel, besides marketing. */
export const PURPOSES_MOST = 20;

export interface Standing {
  state: ConsentState;
  at: Instant;
}
export interface Statement {
  channel: Channel;
  purpose: string;
  state: ConsentState;
}

/** Purposes that differ only in case are one: the spelling that was first stays. */
export const purposeIn = (consents: Consents, channel: Channel, purpose: string): string => {
  const asked = folded(purpose);
  return asked === MARKETING
    ? MARKETING
    : (purposesOf(consents, channel).find((one) => folded(one) === asked) ?? purpose);
};

/** Those that were ever asked for. */
export const purposesOf = (consents: Consents, channel: Channel): string[] => Object.keys(consents[channel] ?? {});

/** Null where it was never asked for. */
export const standingOf = (consents: Consents, channel: Channel, purpose: string): Standing | null => {
  const own = consents[channel] ?? {};
  const name = purposeIn(consents, channel, purpose);
  return Object.hasOwn(own, name) ? (own[name] ?? null) : null;
};

/** The consents after the statement, whose purpose is spelled as in `purposeIn`. Refuses more purposes than there may be. */
export const stated = (consents: Consents, { channel, purpose, state }: Statement, at: Instant): Consents => {
  const own = { ...consents[channel], [purpose]: { state, at } };
  const others = Object.keys(own).filter((one) => one !== MARKETING);
  if (others.length > PURPOSES_MOST) {
    throw invalid('purpose', 'too_long', `A channel has ${PURPOSES_MOST} purposes besides ${MARKETING} at most.`);
  }
  return { ...consents, [channel]: own };
};

/**
 * The instant of a statement made now: later than all that were made before, so that the history is in the order in which
 * they took effect, whatever the clocks of those who took them say.
 */
export const nextInstant = (consents: Consents, now: Instant): Instant => {
  const all = CHANNELS.flatMap((channel) => Object.values(consents[channel] ?? {}));
  const last = all.reduce<Instant | null>((latest, { at }) => laterOf(latest, at), null);
  return last === null || last < now ? now : instantOf(msOf(last) + 1);
};

/** What the detail shows: channels that were asked, for marketing. */
export const marketingOf = (consents: Consents): { [C in Channel]?: Standing } =>
  Object.fromEntries(
    CHANNELS.flatMap((channel) => {
      const standing = consents[channel]?.[MARKETING];
      return standing ? [[channel, { state: standing.state, at: standing.at }]] : [];
    }),
  );
