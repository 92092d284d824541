/** The shape of the one table, as infrastructure needs it; every key attribute is text. What stands in it: `table.ts`. */
export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  /** What kind of record an item is; stream filters read it. */
  kind: 'kind',
  /** What type of event an item of the history is; they read that too. */
  eventType: 'type',
  indexes: {
    /** Who is there, newest last? Whose metrics make up the population? In slices. */
    population: { hash: 'shard', range: 'pk', projection: 'ALL' },
    /** Who has a name, email or phone that begins like this? Who has this tag? Prefix search needs the text in the key. */
    directory: { hash: 'facet', range: 'rank', projection: 'KEYS_ONLY' },
    /** About whom will time alone change an answer next? Sparse. */
    due: { hash: 'dueShard', range: 'dueAt', projection: 'KEYS_ONLY' },
  },
} as const;
export type IndexName = keyof typeof tableSchema.indexes;
