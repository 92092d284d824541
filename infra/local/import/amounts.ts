/** Money and dates as files write them, turned into what the API takes: by text, never through floating point. */
import { Unfit } from './rows.ts';

/** Decimal major units as integer minor units of the currency: `29.33` USD is 2933. */
export const minorOf = (amount: string, currency: string): number => {
  const parts = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(amount);
  if (!parts) throw new Unfit(amount.startsWith('-') ? 'amount is negative' : 'amount is not a decimal number');
  const digits = digitsOf(currency);
  const fraction = (parts[2] ?? '').padEnd(digits, '0');
  if (/[^0]/.test(fraction.slice(digits)))
    throw new Unfit(`amount has more than the ${digits} decimals of ${currency}`);
  const minor = Number(`${parts[1]}${fraction.slice(0, digits)}`);
  if (!Number.isSafeInteger(minor)) throw new Unfit('amount is too big');
  return minor;
};

const digitsByCurrency = new Map<string, number>();

/** How many decimals a currency has. Refuses what is no ISO 4217 code. */
const digitsOf = (currency: string): number => {
  const known = digitsByCurrency.get(currency);
  if (known !== undefined) return known;
  if (!/^[A-Z]{3}$/.test(currency)) throw new Unfit('currency is not an ISO 4217 code');
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  digitsByCurrency.set(currency, digits);
  return digits;
};

/** Midnight in UTC of a calendar date. Refuses days that don't exist. */
export const midnightOf = (year: string, month: string, day: string): string => {
  const instant = new Date(`${year}-${month}-${day}T00:00:00.000Z`);
  const isReal = !Number.isNaN(instant.getTime()) && instant.getUTCDate() === Number(day);
  if (!isReal) throw new Unfit('date does not exist');
  return instant.toISOString();
};
