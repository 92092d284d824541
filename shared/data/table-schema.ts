/** The table's keys and indexes, for infrastructure. Every key attribute is a string. `table.ts` defines the items. */
export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  /** The kind of record; stream filters use it. */
  kind: 'kind',
  /** The type of an event in the history; stream filters use it too. */
  eventType: 'type',
  indexes: {
    /** Lists all consumers, newest last, and their metrics, in slices. */
    population: { hash: 'shard', range: 'pk', projection: 'ALL' },
    /** Finds consumers by a prefix of name, email or phone, or by tag. Prefix search needs the text in the key. */
    directory: { hash: 'facet', range: 'rank', projection: 'KEYS_ONLY' },
    /** Finds the consumers for whom time alone changes an answer next. Sparse. */
    due: { hash: 'dueShard', range: 'dueAt', projection: 'KEYS_ONLY' },
  },
} as const;
export type IndexName = keyof typeof tableSchema.indexes;
