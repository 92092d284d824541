/** Every consumer of the table's stream. The file is the row's key inside its capability. */
import type { StreamConsumer } from '../shared/edge/catalogue.ts';

export const streams = {
  'count-population': {
    capability: 'insights',
    summary: 'Keep the percentile summaries true as consumers change',
    kinds: ['metrics'],
    // A tenth of the changes that the summary remembers: with ten shards, a batch that comes again is known.
    batchSize: 200,
    batchWindowSeconds: 2,
    maximumRetries: 10,
  },
  'publish-changes': {
    capability: 'outbox',
    summary: 'Tell other systems what happened, and start the workflows that a change calls for',
    kinds: ['profile', 'metrics', 'settings'],
    batchSize: 100,
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
} as const satisfies Record<string, StreamConsumer>;
