/** Phones in E.164. Apart from the other contacts, because the numbering plans of the world weigh 80 KB. */
import parsePhoneNumber from 'libphonenumber-js/min';
import { invalid } from '../refusal.ts';

/** `+447911123456`. Refuses numbers without a country code, and those too short or too long for their country. */
export const normalizedPhone = (text: string, path = 'phone'): string => {
  const phone = text.length <= 64 ? parsePhoneNumber(text.trim()) : undefined;
  if (!phone?.isPossible() || phone.ext !== undefined) {
    throw invalid(path, 'invalid_format', 'Give the phone number with its country code, such as +44 7911 123456.');
  }
  return phone.number;
};
