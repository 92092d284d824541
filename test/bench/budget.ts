/** One line of the budgets: what is allowed, what was measured. */
export interface Measured {
  operation: string;
  budget: string;
  measured: string;
  /** Null where nothing is promised: told for comparison. */
  ok: boolean | null;
}

/** A number that may not be exceeded. */
export const atMost = (operation: string, most: number, measured: number, unit: string): Measured => ({
  operation,
  budget: `≤ ${shown(most)} ${unit}`.trim(),
  measured: `${shown(measured)} ${unit}`.trim(),
  ok: measured <= most,
});
export const told = (operation: string, measured: string): Measured => ({ operation, budget: '–', measured, ok: null });

export const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const tableOf = (rows: Measured[]): string =>
  [
    '| operation | budget | measured | ok |',
    '|---|---|---|---|',
    ...rows.map(
      ({ operation, budget, measured, ok }) => `| ${operation} | ${budget} | ${measured} | ${OK[String(ok)]} |`,
    ),
  ].join('\n');
const OK: Record<string, string> = { true: 'yes', false: 'NO', null: '' };
