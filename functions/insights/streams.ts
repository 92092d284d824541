/** Consumers of the table's stream; the handler of a row is `streams/<key>.ts`. */
import type { StreamConsumers } from '../../shared/edge/catalogue.ts';

export const insightsStreams = {
  'keep-summaries': {
    summary:
      'Keep segments, percentile summaries, the liability in points, members and advocates shown true as consumers change',
    kinds: ['profile', 'metrics', 'account', 'programme', 'memberships', 'entry', 'member', 'listMember'],
    // A tenth of the changes that the summaries remember: with ten shards, a batch that comes again is known.
    batchSize: 200,
    // At once, so that a change is in the segments, and they on the bus: under load, a batch gathers while another is worked on.
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
} as const satisfies StreamConsumers;
