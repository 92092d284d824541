import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalizedEmail } from '../../../shared/domain/consumer/contacts.ts';
import { normalizedPhone } from '../../../shared/domain/consumer/phone.ts';
import { Refusal } from '../../../shared/domain/refusal.ts';

describe('an email', () => {
  it.each([
    [' Anna@Example.ORG\n', 'anna@example.org'],
    ["o'brien+news_1@mail.example.co.uk", "o'brien+news_1@mail.example.co.uk"],
    ['a@b.c', 'a@b.c'],
    ['李@例子.公司', '李@例子.公司'],
    ['E\u0301@example.org', 'é@example.org'],
  ])('%j is %s', (typed, email) => {
    expect(normalizedEmail(typed)).toBe(email);
  });

  it.each([
    '',
    'a',
    '@',
    'a@',
    '@b.c',
    'a@b',
    'a@@b.c',
    'a b@c.de',
    'a@b..c',
    '.a@b.c',
    'a.@b.c',
    'a..b@c.d',
    'a@-b.c',
    'a@b.c,d@e.f',
    '<a@b.c>',
    `a@${'b.'.repeat(200)}c`,
  ])('%j is none', (typed) => {
    expect(() => normalizedEmail(typed)).toThrow(Refusal);
  });

  it('is the same once normalized, and every common address is one', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        fc.pre(!/[\\"]/.test(address));
        const email = normalizedEmail(address);
        expect(normalizedEmail(email)).toBe(email);
      }),
    );
  });

  it('is judged in no time, however it is written', () => {
    for (const typed of [`${'a'.repeat(120)}@${'a-'.repeat(60)}`, `a@${'a.'.repeat(125)}!`]) {
      expect(() => normalizedEmail(typed)).toThrow(Refusal);
    }
  });
});

describe('a phone', () => {
  it.each([
    ['+44 7911 123456', '+447911123456'],
    ['+44 (0)7911 123-456', '+447911123456'],
    [' +1 (202) 555-0143 ', '+12025550143'],
    ['+4915123456789', '+4915123456789'],
  ])('%j is %s', (typed, phone) => {
    expect(normalizedPhone(typed)).toBe(phone);
  });

  it.each([
    '',
    '+',
    '07911 123456',
    '+44',
    '+1555',
    'call +44 7911 123456 ext. 7',
    '+999123456789',
    `+44${'7'.repeat(60)}`,
  ])('%j is none', (typed) => {
    expect(() => normalizedPhone(typed)).toThrow(Refusal);
  });
});
