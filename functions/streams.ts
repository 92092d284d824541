/** Every consumer of the table's stream. The file is the row's key inside its capability. */
import type { StreamConsumer } from '../shared/edge/catalogue.ts';

export const streams = {
  'keep-summaries': {
    capability: 'insights',
    summary: 'Keep the percentile summaries and the liability in points true as consumers change',
    kinds: ['metrics', 'entry'],
    // A tenth of the changes that the summaries remember: with ten shards, a batch that comes again is known.
    batchSize: 200,
    batchWindowSeconds: 2,
    maximumRetries: 10,
  },
  'publish-changes': {
    capability: 'outbox',
    summary: 'Tell other systems what happened, and start the workflows that a change calls for',
    kinds: ['profile', 'metrics', 'account', 'entry', 'claim', 'programme', 'settings'],
    batchSize: 100,
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
} as const satisfies Record<string, StreamConsumer>;
