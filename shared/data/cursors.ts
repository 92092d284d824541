/**
 * Cursors: opaque, and good only for the question that they came from. They carry ids and hashes, never the name or
 * contact at which a page ended, since cursors travel in URLs. The checksum turns away what was made up or altered; it
 * guards no secret, as a position reveals nothing that the same question does not.
 */
import { createHash } from 'node:crypto';
import { Refusal } from '../domain/refusal.ts';

const checksum = (question: string, position: string): string =>
  createHash('sha256')
    .update(JSON.stringify([question, position]))
    .digest('base64url')
    .slice(0, 16);

export const cursorFor = (question: string, position: string): string =>
  Buffer.from(checksum(question, position) + position).toString('base64url');

/** The position that a cursor of this question carries. Throws `Refusal('invalid_cursor')`. */
export const positionOf = (question: string, cursor: string): string => {
  const carried = Buffer.from(cursor, 'base64url').toString();
  const position = carried.slice(16);
  if (cursorFor(question, position) !== cursor) throw invalidCursor();
  return position;
};

export const invalidCursor = (): Refusal =>
  new Refusal('invalid_cursor', 'Take the cursor from the answer before, and ask the same question with it.');
