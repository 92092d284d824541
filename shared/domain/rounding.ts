/** How many decimals each kind of answer shows. Rules compare exact values, never these. */
const PERCENT_DECIMALS = 2;
const PROBABILITY_DECIMALS = 4;
const QUANTITY_DECIMALS = 4;

export const percent = (value: number): number => rounded(value, PERCENT_DECIMALS);
export const probability = (value: number): number => rounded(Math.min(1, Math.max(0, value)), PROBABILITY_DECIMALS);
/** Days, scores and other sums. */
export const quantity = (value: number): number => rounded(value, QUANTITY_DECIMALS);

/** Whole-number quotient of two whole numbers, half up. */
export const quotient = (dividend: number, divisor: number): number =>
  Math.floor((2 * dividend + divisor) / (2 * divisor));

function rounded(value: number, decimals: number): number {
  const result = Math.round(value * 10 ** decimals) / 10 ** decimals;
  return result === 0 ? 0 : result;
}
