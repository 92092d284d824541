/** Phones in E.164. Apart from the other contacts, so that only who reads phones carries the numbering plans of the world. */
import parsePhoneNumber from 'libphonenumber-js/core';
import { invalid } from '../refusal.ts';
import numberingPlans from './numbering-plans.ts';

/** `+447911123456`. Refuses numbers without a country code, and those too short or too long for their country. */
export const normalizedPhone = (text: string, path = 'phone'): string => {
  const phone = text.length <= 64 ? parsePhoneNumber(text.trim(), numberingPlans()) : undefined;
  if (!phone?.isPossible() || phone.ext !== undefined) {
    throw invalid(path, 'invalid_format', 'Give the phone number with its country code, such as +44 7911 123456.');
  }
  return phone.number;
};
