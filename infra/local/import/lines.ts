/** A file as numbered lines, and its fingerprint. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Line } from './rows.ts';

/** Longer lines are no rows: they are cut here, so that a file without line ends doesn't fill the memory. */
const LONGEST_LINE = 1_000_000;

/** Lines as they stand, numbered from 1, without their ends (LF or CRLF) and without a byte order mark. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const parts = `${rest}${chunk}`.split('\n');
    rest = (parts.pop() ?? '').slice(0, LONGEST_LINE);
    for (const part of parts) {
      number += 1;
      yield lineOf(number, part);
    }
  }
  if (rest !== '') yield lineOf(number + 1, rest);
}

const lineOf = (number: number, text: string): Line => {
  const unmarked = number === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
  return { number, text: unmarked.endsWith('\r') ? unmarked.slice(0, -1) : unmarked };
};

/** SHA-256 of the content, and how many lines it has. */
export const fingerprintOf = async (file: string): Promise<{ sha256: string; lines: number }> => {
  const hash = createHash('sha256');
  let lines = 1;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    for (const byte of chunk) if (byte === 0x0a) lines += 1;
  }
  return { sha256: hash.digest('hex'), lines };
};
