/** Finds values that only a caller can have sent, in every form in which they could be stored. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The base64 forms of a value at every alignment within a longer text. */
const inBase64 = (value: string): string[] =>
  [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    const inner = whole.slice(before === 0 ? 0 : 4, Math.floor(bytes.length / 3) * 4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });

const digests = (value: string): string[] =>
  (['sha256', 'sha1', 'md5'] as const).flatMap((name) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => createHash(name).update(value).digest(encoding)),
  );

const asciiJson = (value: string): string =>
  JSON.stringify(value)
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A value as it is, in lower and upper case, escaped, encoded and hashed. */
export const formsOf = (value: string): string[] => {
  const cased = [value, value.toLowerCase(), value.toUpperCase()];
  const written = cased.flatMap((one) => [
    ...[one, encodeURIComponent(one), encodeURIComponent(encodeURIComponent(one)), asciiJson(one)],
    ...[one.replaceAll(' ', '+'), Buffer.from(one).toString('hex'), JSON.stringify(one).slice(1, -1)],
    ...inBase64(one),
  ]);
  const hashed = [value, value.toLowerCase()].flatMap(digests);
  return [...new Set([...written, ...hashed])].filter((form) => form.length >= 6);
};

export interface Found {
  /** The value that was found. */
  mark: string;
  /** The place, with the surrounding text. */
  where: string;
}

/** Every mark that occurs in the text, with its first occurrence. */
export const marksIn = (text: string | Buffer, marks: readonly string[], where: string): Found[] => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return marks.flatMap((mark) => {
    const form = formsOf(mark).find((one) => bytes.includes(one));
    if (form === undefined) return [];
    const at = bytes.indexOf(form);
    return [{ mark, where: `${where}: …${bytes.subarray(Math.max(0, at - 120), at + 120).toString()}…` }];
  });
};

/** Every mark in the names and contents of a folder's files, except files that match `without`. */
export const marksInFolder = (folder: string, marks: readonly string[], without: RegExp): Found[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !without.test(file))
    .flatMap((file) => [
      ...marksIn(file, marks, 'a file name'),
      ...marksIn(readFileSync(join(folder, file)), marks, file),
    ]);
