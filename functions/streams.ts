/** Every consumer of the table's stream. The file is the row's key inside its capability. */
import type { StreamConsumer } from '../shared/edge/catalogue.ts';

export const streams = {
  'keep-summaries': {
    capability: 'insights',
    summary:
      'Keep segments, percentile summaries, the liability in points, members and advocates shown true as consumers change',
    kinds: ['profile', 'metrics', 'account', 'programme', 'memberships', 'entry', 'member', 'listMember'],
    // A tenth of the changes that the summaries remember: with ten shards, a batch that comes again is known.
    batchSize: 200,
    // At once, so that a change is in the segments, and they on the bus: under load, a batch gathers while another is worked on.
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
  'publish-changes': {
    capability: 'outbox',
    summary: 'Tell other systems what happened, and start the workflows that a change calls for',
    kinds: [
      'profile',
      'metrics',
      'account',
      'entry',
      'claim',
      'programme',
      'settings',
      'segment',
      'list',
      'erasure',
      'export',
    ],
    eventTypes: ['segment_entered', 'segment_left'],
    batchSize: 100,
    batchWindowSeconds: 0,
    maximumRetries: 10,
  },
} as const satisfies Record<string, StreamConsumer>;
