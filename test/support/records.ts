/** Records with everything that a test doesn't care about filled in. */
import type { JsonObject } from '../../shared/domain/facts.ts';
import { emptyMetrics } from '../../shared/domain/metrics/fold.ts';
import { emptyAccount } from '../../shared/domain/points/account.ts';
import { type Tallied, tallyKeyOf } from '../../shared/domain/segments/tally.ts';
import type { RecordOf } from '../../shared/usecases/ports/records.ts';

export const profileOf = (consumerId: string, other: Partial<RecordOf<'profile'>> = {}): RecordOf<'profile'> => ({
  kind: 'profile',
  consumerId,
  version: 1,
  status: 'active',
  membership: 'none',
  archived: false,
  fullName: null,
  email: null,
  emailVerified: false,
  phone: null,
  phoneVerified: false,
  gender: null,
  birthday: null,
  pictureUrl: null,
  handler: null,
  facebookId: null,
  tags: [],
  customAttributes: {},
  answers: {},
  syncSources: [],
  consents: {},
  joinedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  dueAt: null,
  ...other,
});

export const metricsOf = (consumerId: string, other: Partial<RecordOf<'metrics'>> = {}): RecordOf<'metrics'> => ({
  kind: 'metrics',
  ...emptyMetrics(),
  consumerId,
  version: 1,
  eligible: true,
  membership: 'none',
  scoringVersion: 1,
  halfLifeDays: 90,
  activityHalfLifeDays: 30,
  band: 'new',
  bandSince: '2026-01-01T00:00:00.000Z',
  bandCause: 'change',
  dueAt: null,
  ...other,
});

export const eventOf = (consumerId: string, other: Partial<RecordOf<'event'>> = {}): RecordOf<'event'> => ({
  kind: 'event',
  consumerId,
  eventId: 'e1',
  type: 'visit',
  occurredAt: '2026-01-02T00:00:00.000Z',
  source: null,
  attributes: {},
  receivedAt: '2026-01-02T00:00:00.000Z',
  digest: 'digest',
  earned: null,
  ...other,
});

/** Settings by which segment rules ask this of events. */
export const settingsAsking = (version: number, ...asked: Tallied[]): RecordOf<'settings'> => {
  const tallied = Object.fromEntries(asked.map((one) => [tallyKeyOf(one), one]));
  const document = { version, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'staff' };
  const value = { revision: version, tallied } as unknown as JsonObject;
  return { kind: 'settings', version, documents: { segments: { ...document, value } } };
};

/** Points that were all spent need no lots. */
export const accountOf = (
  consumerId: string,
  { score = 0, ...other }: Partial<RecordOf<'account'>> = {},
): RecordOf<'account'> => ({
  kind: 'account',
  ...emptyAccount(),
  consumerId,
  version: 1,
  score,
  spent: score,
  pages: [],
  nextPage: 1,
  dueAt: null,
  ...other,
});
