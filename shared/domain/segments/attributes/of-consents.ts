/** What a consumer agrees to, for marketing, as the detail shows it; missing where nobody ever asked. */
import { CHANNELS } from '../../consent/channels.ts';
import { MARKETING, type Standing } from '../../consent/standing.ts';
import type { Channel } from '../../facts.ts';
import { msOf } from '../../instants.ts';
import type { Reading } from '../reading.ts';
import { type Attributes, date, oneOf } from './attribute.ts';

export const CONSENTS: Attributes = Object.fromEntries(
  CHANNELS.flatMap((channel) => [
    [`consents.${channel}.state`, oneOf(['granted', 'withdrawn'], (of) => standing(of, channel)?.state ?? null)],
    [`consents.${channel}.at`, date((of) => instantMs(standing(of, channel)))],
  ]),
);

const standing = ({ profile }: Reading, channel: Channel): Standing | undefined =>
  profile.consents[channel]?.[MARKETING];

const instantMs = (standing: Standing | undefined): number | null => (standing ? msOf(standing.at) : null);
