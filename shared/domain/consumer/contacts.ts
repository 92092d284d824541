/** Emails and ids in other systems, in the one form in which they are unique. Phones: `phone.ts`. */
import { invalid } from '../refusal.ts';

/** RFC 5321's longest path. */
export const EMAIL_LENGTH = 254;
/** One @ between what has no blanks, controls or brackets; a domain of labels with a dot, none empty. */
const EMAIL =
  /^[^\s@<>()[\],;:\\"\p{Cc}]{1,64}@(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{M}\p{N}-]{1,63}$/u;

/** Trimmed, NFC, lower case. Refuses what cannot be an address. */
export const normalizedEmail = (text: string, path = 'email'): string => {
  const email = text.trim().normalize('NFC').toLowerCase();
  if (email.length > EMAIL_LENGTH) throw invalid(path, 'too_long', `An email has ${EMAIL_LENGTH} characters at most.`);
  if (!EMAIL.test(email) || email.includes('..') || email.startsWith('.') || email.includes('.@')) {
    throw invalid(path, 'invalid_format', 'This is not an email address.');
  }
  return email;
};

/** An id that is unique within its source; no source's name holds a colon. */
export const externalContact = (source: string, externalId: string): string => `${source}:${externalId}`;
