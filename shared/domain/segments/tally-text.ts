/**
 * Amounts at instants as short text: base-32 numbers without anything between them, the last digit of each a capital or a
 * sign. An entry is the milliseconds since the one before, doubled, plus one where an amount follows: where it is another
 * than before; so a count of one costs nothing but its instant. Some six characters an entry.
 */

/** Amounts are whole numbers of millionths, so that their sums are exact and don't remember an order. */
export const UNIT = 1_000_000n;

/** What happened at one instant, in milliseconds since 1970. */
export interface Entry {
  ms: number;
  amount: bigint;
}

/** Instants ascend, each once: equal entries are equal texts. */
export function entriesText(entries: readonly Entry[]): string {
  let text = '';
  let before: Entry = { ms: 0, amount: UNIT };
  for (const entry of entries) {
    const isOther = entry.amount !== before.amount;
    text += numberText(2 * (entry.ms - before.ms) + (isOther ? 1 : 0));
    if (isOther) text += amountText(entry.amount);
    before = entry;
  }
  return text;
}

export function entriesIn(text: string): Entry[] {
  const entries: Entry[] = [];
  let before: Entry = { ms: 0, amount: UNIT };
  for (let at = 0; at < text.length; ) {
    const afterStep = endOfNumber(text, at);
    const step = numberIn(text, at, afterStep);
    at = step % 2 === 1 ? endOfNumber(text, afterStep) : afterStep;
    const amount = at === afterStep ? before.amount : amountIn(text, afterStep, at);
    before = { ms: before.ms + Math.floor(step / 2), amount };
    entries.push(before);
  }
  return entries;
}

/** Neighbours of the same instant as one. */
export function merged(entries: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last?.ms === entry.ms) result[result.length - 1] = { ms: entry.ms, amount: last.amount + entry.amount };
    else result.push(entry);
  }
  return result;
}

const RADIX = 32;
/** Digits by what they are worth, and then the same again for the last of each number. */
const DIGITS = '0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~*!';
const WORTH = Uint8Array.from({ length: 128 }, (_, code) => DIGITS.indexOf(String.fromCharCode(code)));
const worthAt = (text: string, at: number): number => WORTH[text.charCodeAt(at)] ?? RADIX;

function numberText(number: number): string {
  let text = DIGITS[RADIX + (number % RADIX)] ?? '';
  for (let rest = Math.floor(number / RADIX); rest > 0; rest = Math.floor(rest / RADIX)) {
    text = DIGITS[rest % RADIX] + text;
  }
  return text;
}

function endOfNumber(text: string, from: number): number {
  let end = from;
  while (worthAt(text, end) < RADIX) end++;
  return end + 1;
}

function numberIn(text: string, from: number, end: number): number {
  let number = 0;
  for (let at = from; at < end; at++) number = number * RADIX + (worthAt(text, at) % RADIX);
  return number;
}

/** Whether it is whole, its sign, and its size in units where it is whole, else in millionths. */
function amountText(amount: bigint): string {
  const isWhole = amount % UNIT === 0n;
  const size = (amount < 0n ? -amount : amount) / (isWhole ? UNIT : 1n);
  const code = 4n * size + (amount < 0n ? 2n : 0n) + (isWhole ? 0n : 1n);
  const leading = code / BigInt(RADIX);
  return (leading > 0n ? leading.toString(RADIX) : '') + DIGITS[RADIX + Number(code % BigInt(RADIX))];
}

/** So many digits are a safe integer. */
const SAFE_DIGITS = 10;

function amountIn(text: string, from: number, end: number): bigint {
  const safe = Math.min(end, from + SAFE_DIGITS);
  let code = BigInt(numberIn(text, from, safe));
  for (let at = safe; at < end; at++) code = code * BigInt(RADIX) + BigInt(worthAt(text, at) % RADIX);
  const size = (code >> 2n) * (code & 1n ? 1n : UNIT);
  return code & 2n ? -size : size;
}
