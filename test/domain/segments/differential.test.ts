import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf } from '../../../shared/domain/instants.ts';
import { evaluatedInColumns } from '../../../shared/domain/segments/columns.ts';
import { compiled, evaluate } from '../../../shared/domain/segments/evaluator.ts';
import { explained } from '../../../shared/domain/segments/explain.ts';
import { parsedRule, type Rule } from '../../../shared/domain/segments/rule.ts';
import { conditionHolds, exactDetail, naivelyHolds } from './naive.ts';
import { anyPicture, context, nearMs } from './pictures.ts';
import { anyCondition, anyNamingRule, anyRule } from './rules.ts';

const now = nearMs.map(instantOf);
const unitsOf = (rules: readonly Rule[]) =>
  rules.map((rule, index) => ({ versionId: `u${index}`, segmentId: `s${index}`, rule }));

describe('any rule of any consumer at any time', () => {
  it('is one that may be written', () => {
    fc.assert(
      fc.property(anyNamingRule, (rule) => {
        expect(parsedRule(JSON.parse(JSON.stringify(rule)))).toEqual(JSON.parse(JSON.stringify(rule)));
      }),
    );
  });

  it('says of each condition what a naive reading of the product page says', () => {
    fc.assert(
      fc.property(
        fc.array(anyCondition, { minLength: 30, maxLength: 30 }),
        anyPicture,
        now,
        (conditions, picture, at) => {
          const { members } = evaluate(compiled(unitsOf(conditions)), picture, context, at);
          const detail = exactDetail(picture, context, at);
          conditions.forEach((condition, index) => {
            const holds = conditionHolds(condition, picture, detail, at);
            if (members.has(index) !== holds) throw new Error(`${holds} is true: ${JSON.stringify(condition)}`);
          });
        },
      ),
      { numRuns: 600 },
    );
  });

  it('says as a whole what walking its tree says', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 10 }), anyPicture, now, (rules, picture, at) => {
        const { members } = evaluate(compiled(unitsOf(rules)), picture, context, at);
        rules.forEach((rule, index) => {
          expect(members.has(index)).toBe(naivelyHolds(rule, picture, context, at, []));
        });
      }),
      { numRuns: 400 },
    );
  });

  it('is explained as it is evaluated', () => {
    fc.assert(
      fc.property(anyNamingRule, anyPicture, now, (rule, picture, at) => {
        const { imported } = picture;
        const { matches, tree } = explained(rule, picture, context, at, new Set(imported));
        expect(matches).toBe(naivelyHolds(rule, picture, context, at, imported));
        expect(tree.matches).toBe(matches);
      }),
      { numRuns: 300 },
    );
  });
});

describe('in columns', () => {
  it('every consumer is in the units that it is in by itself', () => {
    fc.assert(
      fc.property(
        fc.array(anyNamingRule, { minLength: 1, maxLength: 12 }),
        fc.array(anyPicture, { minLength: 1, maxLength: 70 }),
        now,
        (rules, pictures, at) => {
          const evaluator = compiled(unitsOf(rules).map((unit) => ({ ...unit, isLive: unit.versionId !== 'u2' })));
          const told = evaluatedInColumns(evaluator, pictures, context, at);
          pictures.forEach((picture, row) => {
            const { members } = evaluate(evaluator, picture, context, at);
            expect([...told.unitsOf(row)]).toEqual([...members]);
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});
