/** Digests that tell whether two requests say the same. */
import { createHash } from 'node:crypto';

/** JSON with sorted keys: the same text for the same content, however it was spelled. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonicalJson(child)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
};

/** SHA-256 in base64url, 43 characters. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
