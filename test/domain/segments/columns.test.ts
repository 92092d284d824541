import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttributeValue } from '../../../shared/domain/facts.ts';
import { instantOf } from '../../../shared/domain/instants.ts';
import { BLOCK_ROWS } from '../../../shared/domain/segments/block.ts';
import { columnsOf, evaluatedColumns, evaluatedInColumns } from '../../../shared/domain/segments/columns.ts';
import { compiled, evaluate } from '../../../shared/domain/segments/evaluator.ts';
import type { Picture } from '../../../shared/domain/segments/picture.ts';
import type { Rule } from '../../../shared/domain/segments/rule.ts';
import { anyPicture, context, NOW, NOW_MS, pictureOf } from './pictures.ts';
import { anyNamingRule } from './rules.ts';

const evaluatorOf = (...rules: Rule[]) =>
  compiled(rules.map((rule, index) => ({ versionId: `u${index}`, segmentId: `s${index}`, rule })));
const [pictures = []] = fc.sample(fc.array(anyPicture, { minLength: 60, maxLength: 60 }), { numRuns: 1, seed: 7 });
const [rules = []] = fc.sample(fc.array(anyNamingRule, { minLength: 150, maxLength: 150 }), { numRuns: 1, seed: 7 });

/** So many rows, in an order that no block repeats. */
const rowsOf = (count: number): Picture[] =>
  Array.from({ length: count }, (_, row) => pictures[(row * row + 7 * row) % pictures.length] ?? pictureOf());

describe('many consumers in columns', () => {
  it.each([0, 1, 31, 32, 33, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 77])('are %d', (count) => {
    const evaluator = evaluatorOf(...rules);
    const rows = rowsOf(count);
    const told = evaluatedInColumns(evaluator, rows, context, NOW);
    const alone = new Map(pictures.map((one) => [one, evaluate(evaluator, one, context, NOW).members]));
    const shown = new Map([...alone].map(([one, members]) => [one, [...members].join()]));
    const members = rules.map((): number[] => []);
    rows.forEach((picture, row) => {
      const units = [...told.unitsOf(row)];
      if (units.join() !== shown.get(picture)) throw new Error(`row ${row} is in ${units}, not ${shown.get(picture)}`);
      for (const unit of units) members[unit]?.push(row);
    });
    rules.forEach((_, unit) => {
      expect([...told.rowsOf(unit)].join()).toBe(members[unit]?.join());
      expect(told.rowsOf(unit).size).toBe(members[unit]?.length);
      expect(told.has(count, unit)).toBe(false);
    });
    expect(told.has(0, rules.length)).toBe(false);
  });

  it('are kept apart by texts and sets that look alike', () => {
    const values: AttributeValue[] = ['ab', ['ab'], ['a', 'b'], ['a', '', 'b'], ['b', 'a'], '', [], ['a b'], 'a,b'];
    const rows = values.map((value) => pictureOf({ profile: { customAttributes: { x: value } } }));
    const evaluator = evaluatorOf(
      { attribute: 'customAttributes.x', operator: 'contains', value: 'a' },
      { attribute: 'customAttributes.x', operator: 'eq', value: 'ab' },
      { attribute: 'customAttributes.x', operator: 'contains_all', value: ['a', 'b'] },
      { attribute: 'customAttributes.x', operator: 'not_exists' },
    );
    const told = evaluatedInColumns(evaluator, rows, context, NOW);
    expect([0, 1, 2, 3].map((unit) => [...told.rowsOf(unit)])).toEqual([
      [0, 2, 3, 4, 8],
      [0, 1],
      [2, 3, 4],
      [5, 6],
    ]);
  });

  it('have only the columns that rules look at', () => {
    const evaluator = evaluatorOf({
      all: [
        { attribute: 'points.available', operator: 'gt', value: 1 },
        { attribute: 'points.available', operator: 'lt', value: 9 },
        { attribute: 'email', operator: 'exists' },
        { attribute: 'createdAt', operator: 'within_last', value: { days: 1 } },
        { attribute: 'createdAt', operator: 'before', value: NOW },
      ],
    });
    const columns = columnsOf(evaluator, [pictureOf()], context, NOW);
    expect([columns.values.length, columns.texts.length]).toEqual([2, 1]);
  });

  it('that are kept say what they said as of then, each time', () => {
    const evaluator = evaluatorOf(...rules);
    const then = instantOf(NOW_MS - 5_000);
    const columns = columnsOf(evaluator, pictures, context, then);
    const [one, other] = [evaluatedColumns(evaluator, columns), evaluatedColumns(evaluator, columns)];
    pictures.forEach((picture, row) => {
      const units = [...evaluate(evaluator, picture, context, then).members];
      expect([[...one.unitsOf(row)], [...other.unitsOf(row)]]).toEqual([units, units]);
    });
  });
});
