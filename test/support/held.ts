/** The records that a table holds about a consumer, by kind, and the kinds that can be about a consumer (see `table.ts`). */
import { table } from '../../shared/data/table.ts';
import { type Kind, storedKind } from '../../shared/usecases/ports/records.ts';

/** Stored names of kinds: those of items and receipts. */
const kindsBy = (isMeant: (erasure: (typeof table)[Kind]['erasure']) => boolean): string[] =>
  (Object.keys(table) as Kind[])
    .filter((kind) => isMeant(table[kind].erasure))
    .map(storedKind)
    .sort();

/** Kinds that can hold data about an existing consumer. Kept kinds hold none, and subjects belong to erased consumers. */
export const ABOUT_SOMEBODY = kindsBy((erasure) => typeof erasure === 'string' && erasure !== 'receipt');
/** Those whose items go whole; the others are left by the consumer. */
export const REMOVED = kindsBy((erasure) => erasure === 'partition' || erasure === 'claims' || erasure === 'index');

/** How many items name the consumer, by kind. Each item is JSON, as a raw table shows it. */
export const heldIn = (items: readonly string[], consumerId: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items.filter((one) => one.includes(consumerId))) {
    const { kind } = JSON.parse(item) as { kind?: { S?: string } };
    const name = kind?.S ?? 'no kind';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};
