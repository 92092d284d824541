/** Counts what the functions ask of DynamoDB: requests and capacity units, by function, operation and index. */
import type { Clock } from '../base/clock.ts';

/** Capacity that one answer consumed: of the table with its indexes, and of each index alone. */
export interface Consumption {
  readUnits: number;
  writeUnits: number;
  indexes: Record<string, number>;
}
export interface OperationMetrics extends Consumption {
  requests: number;
}
export interface MetricsSnapshot {
  since: string;
  functions: Record<string, Record<string, OperationMetrics>>;
  totals: { requests: number; readUnits: number; writeUnits: number };
}
export interface Metrics {
  record(functionName: string, operation: string, consumption: Consumption): void;
  snapshot(): MetricsSnapshot;
  reset(): void;
  /** Writes to the table since the stack started; a reset leaves it alone. */
  writes(): number;
}

export function createMetrics({ clock }: { clock: Clock }): Metrics {
  let since = clock.now();
  let functions = new Map<string, Map<string, OperationMetrics>>();
  let writes = 0;
  return {
    record: (functionName, operation, consumption) => {
      if (consumption.writeUnits > 0) writes += 1;
      const operations = functions.get(functionName) ?? new Map<string, OperationMetrics>();
      functions.set(functionName, operations);
      const row = operations.get(operation) ?? { requests: 0, readUnits: 0, writeUnits: 0, indexes: {} };
      operations.set(operation, row);
      row.requests += 1;
      row.readUnits += consumption.readUnits;
      row.writeUnits += consumption.writeUnits;
      for (const [index, units] of Object.entries(consumption.indexes)) {
        row.indexes[index] = (row.indexes[index] ?? 0) + units;
      }
    },
    snapshot: () => ({ since, functions: plain(functions), totals: totalsOf(functions) }),
    reset: () => {
      since = clock.now();
      functions = new Map();
    },
    writes: () => writes,
  };
}

const plain = (functions: Map<string, Map<string, OperationMetrics>>): MetricsSnapshot['functions'] =>
  structuredClone(Object.fromEntries([...functions].map(([name, rows]) => [name, Object.fromEntries(rows)])));

function totalsOf(functions: Map<string, Map<string, OperationMetrics>>): MetricsSnapshot['totals'] {
  const totals = { requests: 0, readUnits: 0, writeUnits: 0 };
  for (const operations of functions.values()) {
    for (const { requests, readUnits, writeUnits } of operations.values()) {
      totals.requests += requests;
      totals.readUnits += readUnits;
      totals.writeUnits += writeUnits;
    }
  }
  return totals;
}
