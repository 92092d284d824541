import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvLine } from '../../shared/domain/csv.ts';

/** What a reader of CSV makes of the lines. */
const readBack = (text: string): string[][] => parse(text, { recordDelimiter: '\r\n', relaxColumnCount: true });

describe('a line of CSV', () => {
  it.each<[string, unknown, string]>([
    ['text', 'Ada', 'Ada'],
    ['nothing', null, ''],
    ['what is not there', undefined, ''],
    ['a number', 12.5, '12.5'],
    ['a flag', true, 'true'],
    ['a comma', 'Example, Ada', '"Example, Ada"'],
    ['a quote', 'the "best"', '"the ""best"""'],
    ['a line feed', 'one\ntwo', '"one\ntwo"'],
    ['a carriage return inside', 'one\rtwo', '"one\rtwo"'],
    ['another script', 'Ærøskøbing 東京 🙂', 'Ærøskøbing 東京 🙂'],
    ['a list', ['a', 'b'], '"[""a"",""b""]"'],
    ['an object', { a: 1 }, '"{""a"":1}"'],
    ['a formula', '=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
    ['a phone number', '+447911123456', "'+447911123456"],
    ['a negative number', -5, "'-5"],
    ['a minus', '-2+3', "'-2+3"],
    ['an at sign', '@SUM(A1)', "'@SUM(A1)"],
    ['a tab first', '\t=1', "'\t=1"],
    ['a carriage return first', '\r=1', '"\'\r=1"'],
    ['a wide equals sign', '＝1', "'＝1"],
    ['an equals sign later on', 'a=1', 'a=1'],
    ['an apostrophe', "'quoted", "'quoted"],
  ])('tells %s', (_, value, told) => {
    expect(csvLine([value])).toBe(`${told}\r\n`);
  });

  it('is read back cell by cell, whatever is in it, but for an apostrophe before what might be a formula', () => {
    const cells = fc.array(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '=', '+', '-', '@', '\t', ' ', '🙂') }),
      {
        minLength: 2,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(cells, cells, (first, second) => {
        const told = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
        expect(readBack(csvLine(first) + csvLine(second))).toEqual([first.map(told), second.map(told)]);
      }),
    );
  });

  it('never has a cell that begins as a formula does', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.double()), { minLength: 2 }), (values) => {
        for (const cell of readBack(csvLine(values))[0] ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});
