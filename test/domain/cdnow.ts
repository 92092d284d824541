/**
 * The CDNOW data (Fader, Hardie), where it lies beside the project: the customers' summary of the published fit, and
 * the purchases that it was made of.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PurchaseHistory } from '../../shared/domain/churn.ts';

const FOLDER = path.resolve(__dirname, '../../../shared/data/cdnow');
export const hasCdnow = existsSync(FOLDER);

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(1997, 0, 1);
/** The papers fit on the first 39 weeks. */
export const CALIBRATION_DAYS = 39 * 7;

const linesOf = (file: string): string[] => readFileSync(path.join(FOLDER, file), 'utf8').trim().split('\n');

/** Weeks, rounded to two decimals, as lifetimes publishes it. */
export const publishedHistories = (): PurchaseHistory[] =>
  linesOf('cdnow_customers_summary.csv')
    .slice(1)
    .map((line) => line.split(',').map(Number))
    .map(([, x = 0, tx = 0, T = 0]) => ({ x, tx, T }));

/** Days since 1997-01-01 of each customer's purchases, ascending; several on one day are one, as in the papers. */
export function purchaseDays(): number[][] {
  const customers = new Map<string, Set<number>>();
  for (const line of linesOf('CDNOW_sample.txt')) {
    const [customer = '', , date = ''] = line.trim().split(/\s+/);
    const at = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)));
    const days = customers.get(customer) ?? new Set();
    customers.set(customer, days.add((at - FIRST_DAY_MS) / DAY_MS));
  }
  return [...customers.values()].map((days) => [...days].sort((a, b) => a - b));
}

/** What was known of a customer at the end of a day. */
export function historyUntil(days: readonly number[], end: number): PurchaseHistory {
  const known = days.filter((day) => day < end);
  const first = known[0] ?? 0;
  // The papers count a customer's age up to the end of the last day of the calibration: 272 days after 1997-01-01.
  return { x: known.length - 1, tx: (known.at(-1) ?? first) - first, T: end - 1 - first };
}
