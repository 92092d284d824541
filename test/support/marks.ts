/** Values that nothing but a caller can have put somewhere, in all the forms in which something could keep them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A part of a text in base64, whatever stands before and behind it. */
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

/** A value as it is, in small and capital letters, escaped, encoded and hashed. */
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
  /** Which of the values. */
  mark: string;
  /** Where, and what stands around it. */
  where: string;
}

/** Every mark that is in the text, once a place. */
export const marksIn = (text: string | Buffer, marks: readonly string[], where: string): Found[] => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return marks.flatMap((mark) => {
    const form = formsOf(mark).find((one) => bytes.includes(one));
    if (form === undefined) return [];
    const at = bytes.indexOf(form);
    return [{ mark, where: `${where}: …${bytes.subarray(Math.max(0, at - 120), at + 120).toString()}…` }];
  });
};

/** Every mark in any file of a folder but these. */
export const marksInFolder = (folder: string, marks: readonly string[], without: RegExp): Found[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !without.test(file))
    .flatMap((file) => [
      ...marksIn(file, marks, 'a name of a file'),
      ...marksIn(readFileSync(join(folder, file)), marks, file),
    ]);
