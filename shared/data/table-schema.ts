/** The shape of the one table, as infrastructure needs it. What stands in it: `table.ts`. */
export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  /** What kind of record an item is; stream filters read it. */
  kind: 'kind',
  indexes: {
    /** All consumers' profiles, or metrics, in slices: listing and population jobs. */
    population: { hash: 'shard', range: 'pk', projection: 'ALL' },
    /** Finding consumers by the beginning of what one types. */
    directory: { hash: 'facet', range: 'rank', projection: 'KEYS_ONLY' },
    /** Consumers in the order in which time alone changes an answer about them; sparse. */
    due: { hash: 'dueShard', range: 'dueAt', projection: 'KEYS_ONLY' },
  },
} as const;
