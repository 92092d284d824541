/** Consumers of the table's stream; the handler of a row is `streams/<key>.ts`. */
import type { StreamConsumers } from '../../shared/edge/catalogue.ts';

export const insightsStreams = {
  'keep-summaries': {
    summary: 'Update segments, percentile summaries, points liability, members and advocates as consumers change',
    kinds: ['profile', 'metrics', 'account', 'programme', 'memberships', 'entry', 'member', 'listMember'],
    // A tenth of the changes that the summaries remember. With up to ten shards, a redelivered batch is recognized.
    batchSize: 200,
    // Without delay, so that segments and their events follow a change at once. Under load, a batch fills while the previous one is processed.
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
} as const satisfies StreamConsumers;
