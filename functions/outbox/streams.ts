/** Consumers of the table's stream; the handler of a row is `streams/<key>.ts`. */
import type { StreamConsumers } from '../../shared/edge/catalogue.ts';

export const outboxStreams = {
  'publish-changes': {
    summary: 'Publish events to other systems and start the workflows that a change requires',
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
} as const satisfies StreamConsumers;
