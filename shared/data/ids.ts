/** ULIDs: 48 bits of time, then 80 random ones, in Crockford's base 32, so that text order is time order. */
import { randomBytes } from 'node:crypto';
import type { Instant } from '../domain/facts.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

export const newUlid = (now: Instant): string => {
  const random = [...randomBytes(RANDOM_CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return timePart(Date.parse(now)) + random.join('');
};

const timePart = (ms: number): string => {
  let text = '';
  for (let rest = ms; text.length < TIME_CHARACTERS; rest = Math.floor(rest / ALPHABET.length)) {
    text = ALPHABET[rest % ALPHABET.length] + text;
  }
  return text;
};
