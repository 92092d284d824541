/** Points and tier, as of now: whatever time has done, booked or not. */
import { msOf } from '../../instants.ts';
import { availableIn } from '../../points/account.ts';
import type { Reading } from '../reading.ts';
import { type Attributes, date, type Movement, number, text, truth } from './attribute.ts';

/** Lots expire, what is held is settled. */
const WITH_ACCOUNT: Movement = { jumpsMs: ({ accountChangesMs }) => accountChangesMs };
const points = (value: (of: Reading) => number | null) => number(value, 'points', WITH_ACCOUNT);

export const POINTS: Attributes = {
  'points.available': points(({ account }) => availableIn(account)),
  'points.score': points(({ account }) => account.score),
  'points.spent': points(({ account }) => account.spent),
  'points.pending': points(({ account }) => account.pending),
  'points.reserved': points(({ account }) => account.reserved),
  'points.expired': points(({ account }) => account.expired),
  'points.nextExpiry.points': points((of) => nextExpiry(of)?.points ?? null),
  'points.nextExpiry.at': date((of) => nextExpiry(of)?.atMs ?? null, WITH_ACCOUNT),
  'tier.tierId': text(({ tier }) => tier?.tier.tierId ?? null, WITH_ACCOUNT),
  'tier.name': text(({ tier }) => tier?.tier.name ?? null, WITH_ACCOUNT),
  'tier.since': date(({ tier }) => (tier === null ? null : msOf(tier.since)), WITH_ACCOUNT),
  'tier.manual': truth(({ tier }) => tier?.manual ?? null, WITH_ACCOUNT),
  'tier.next.tierId': text(({ tier }) => tier?.next?.tier.tierId ?? null, WITH_ACCOUNT),
  'tier.next.name': text(({ tier }) => tier?.next?.tier.name ?? null, WITH_ACCOUNT),
  'tier.next.pointsNeeded': points(({ tier }) => tier?.next?.pointsNeeded ?? null),
};

/** The points that are gone next, all of that instant. */
function nextExpiry({ account: { lots } }: Reading): { points: number; atMs: number } | null {
  const at = lots[0]?.expiresAt ?? null;
  if (at === null) return null;
  let points = 0;
  for (const { expiresAt, remaining } of lots) if (expiresAt === at) points += remaining;
  return { points, atMs: msOf(at) };
}
