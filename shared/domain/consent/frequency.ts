/** How many messages a consumer may get in some days. */
import type { Channel } from '../facts.ts';
import { DAY_MS } from '../instants.ts';

export interface FrequencyLimit {
  channel: Channel;
  /** So many in the window (now − days, now]; with them there is no room for another one. */
  messages: number;
  days: number;
}

/** The first instant, not before `ms`, at which every limit leaves room for a message. `sentMs` are instants of messages. */
export function roomFromMs(limits: readonly FrequencyLimit[], sentMs: readonly number[], ms: number): number {
  const sent = sentMs.toSorted((a, b) => a - b);
  for (let at = ms; ; ) {
    const latest = limits.reduce((latest, limit) => Math.max(latest, roomOf(limit, sent, at)), at);
    if (latest === at) return at;
    at = latest;
  }
}

/** The message that has to leave the window leaves it exactly `days` after it was sent. */
function roomOf({ messages, days }: FrequencyLimit, sent: readonly number[], atMs: number): number {
  const last = sent.filter((ms) => ms <= atMs).at(-messages);
  return last === undefined ? atMs : Math.max(atMs, last + days * DAY_MS);
}

/** Of how many of the newest messages limits depend, and on nothing older than so many days. */
export const reachOf = (limits: readonly FrequencyLimit[]): { messages: number; days: number } => ({
  messages: Math.max(0, ...limits.map(({ messages }) => messages)),
  days: Math.max(0, ...limits.map(({ days }) => days)),
});
