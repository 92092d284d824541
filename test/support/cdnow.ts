/** The CDNOW files where they are at hand, read independently of the import. */
import { existsSync, readFileSync } from 'node:fs';

const DIRECTORY = '../shared/data/cdnow';
export const SAMPLE = `${DIRECTORY}/CDNOW_sample.txt`;
export const hasCdnow = existsSync(SAMPLE);

export interface Purchases {
  customer: string;
  cents: number[];
  /** yyyymmdd, one a purchase. */
  dates: string[];
}

/** Every customer's purchases: columns counted from the right, money summed in whole cents. */
export const purchasesIn = (file: string): Map<string, Purchases> => {
  const customers = new Map<string, Purchases>();
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [customer = '', ...rest] = line.trim().split(/\s+/);
    if (!/^\d+$/.test(customer)) continue;
    const [date = '', , dollars = ''] = rest.slice(-3);
    const own = customers.get(customer) ?? { customer, cents: [], dates: [] };
    own.cents.push(Number(dollars.replace('.', '')));
    own.dates.push(date);
    customers.set(customer, own);
  }
  return customers;
};

/** Percentile rank by the mean rule, by counting: share below plus half the share that ties. */
export const percentileOf = (sorted: number[], value: number): number => {
  const below = firstFrom(sorted, (other) => other >= value);
  const upTo = firstFrom(sorted, (other) => other > value);
  return (100 * (below + (upTo - below) / 2)) / sorted.length;
};

const firstFrom = (sorted: number[], holds: (value: number) => boolean): number => {
  const index = sorted.findIndex(holds);
  return index === -1 ? sorted.length : index;
};
