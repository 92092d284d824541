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
    if (isOther) text += numberText(amountCode(entry.amount));
    before = entry;
  }
  return text;
}

export function entriesIn(text: string): Entry[] {
  const numbers = text.match(NUMBERS) ?? [];
  const entries: Entry[] = [];
  let before: Entry = { ms: 0, amount: UNIT };
  for (let at = 0; at < numbers.length; at++) {
    const step = numberIn(numbers[at] ?? '');
    const amount = step % 2 === 1 ? amountIn(numbers[++at] ?? '') : before.amount;
    before = { ms: before.ms + Math.floor(step / 2), amount };
    entries.push(before);
  }
  return entries;
}

const RADIX = 32;
/** The last digits of numbers, by what they are worth. */
const LAST = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~*!';
const NUMBERS = /[0-9a-v]*[A-Z\-_.~*!]/g;

function numberText(number: number | bigint): string {
  const digits = number.toString(RADIX);
  return digits.slice(0, -1) + LAST[Number.parseInt(digits.slice(-1), RADIX)];
}

const numberIn = (text: string): number =>
  RADIX * (Number.parseInt(text.slice(0, -1), RADIX) || 0) + LAST.indexOf(text.slice(-1));

/** So many digits are a safe integer. */
const SAFE_DIGITS = 10;

function bigIn(text: string): bigint {
  if (text.length <= SAFE_DIGITS) return BigInt(numberIn(text));
  let leading = 0n;
  for (const digit of text.slice(0, -1)) leading = leading * BigInt(RADIX) + BigInt(Number.parseInt(digit, RADIX));
  return leading * BigInt(RADIX) + BigInt(LAST.indexOf(text.slice(-1)));
}

/** Whether it is whole, its sign, and its size in units where it is whole, else in millionths. */
function amountCode(amount: bigint): bigint {
  const isWhole = amount % UNIT === 0n;
  const size = (amount < 0n ? -amount : amount) / (isWhole ? UNIT : 1n);
  return 4n * size + (amount < 0n ? 2n : 0n) + (isWhole ? 0n : 1n);
}

function amountIn(text: string): bigint {
  const code = bigIn(text);
  const size = (code >> 2n) * (code & 1n ? 1n : UNIT);
  return code & 2n ? -size : size;
}
