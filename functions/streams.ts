/** The consumers of the table's stream, by capability: at most one per capability. */
import type { StreamConsumers } from '../shared/edge/catalogue.ts';
import { insightsStreams } from './insights/streams.ts';
import { outboxStreams } from './outbox/streams.ts';

export const streams = {
  insights: insightsStreams,
  outbox: outboxStreams,
} as const satisfies Record<string, StreamConsumers>;
