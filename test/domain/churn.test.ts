import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type BgNbd,
  conditionalExpectation,
  expectedPurchases,
  type FittedBgNbd,
  fitBgNbd,
  logLikelihoodOf,
  type PurchaseHistory,
  pAlive,
  probabilityOfPurchase,
} from '../../shared/domain/churn.ts';
import { CALIBRATION_DAYS, hasCdnow, historyUntil, publishedHistories, purchaseDays } from './cdnow.ts';

const DAYS_IN_WEEK = 7;
const fitted = (rows: Iterable<PurchaseHistory & { count?: number }>): FittedBgNbd => {
  const model = fitBgNbd(rows);
  if (model === null) throw new Error('the model was not fitted');
  return model;
};
const inWeeks = ({ x, tx, T }: PurchaseHistory) => ({ x, tx: tx / DAYS_IN_WEEK, T: T / DAYS_IN_WEEK });

// Without the data this says "skipped": it is not part of the project.
const withCdnow = hasCdnow ? describe : describe.skip;

withCdnow('on the CDNOW sample, calibrated on 39 weeks', () => {
  const sample = purchaseDays();
  const calibration = sample.map((days) => historyUntil(days, CALIBRATION_DAYS));

  it('finds the published parameters from the published summary', () => {
    const model = fitted(publishedHistories());
    expect(model.r).toBeCloseTo(0.24259, 5);
    expect(model.alpha).toBeCloseTo(4.4136, 3);
    expect(model.a).toBeCloseTo(0.79292, 3);
    expect(model.b).toBeCloseTo(2.42591, 3);
    expect(model.logLikelihood.toFixed(4)).toBe('-9582.4256');
    expect(model.consumers).toBe(2357);
  });

  it('finds the published parameters from the purchases themselves', () => {
    const model = fitted(calibration.map(inWeeks));
    const printed = [model.r, model.alpha, model.a, model.b].map((parameter) => parameter.toFixed(5));
    expect(printed).toEqual(['0.24259', '4.41360', '0.79292', '2.42591']);
    expect(model.logLikelihood.toFixed(2)).toBe('-9582.43');
  });

  it('finds the same in days as in weeks', () => {
    const [days, weeks] = [fitted(calibration), fitted(calibration.map(inWeeks))];
    expect(days.alpha / DAYS_IN_WEEK).toBeCloseTo(weeks.alpha, 3);
    expect([days.r, days.a, days.b].map((p) => p.toFixed(4))).toEqual(
      [weeks.r, weeks.a, weeks.b].map((p) => p.toFixed(4)),
    );
  });

  it('finds the same from histories given once with a count', () => {
    const twice = fitted([...calibration, ...calibration]);
    const counted = fitted(calibration.map((history) => ({ ...history, count: 2 })));
    expect(counted).toEqual(twice);
  });

  it('ranks who will not buy again with an AUC of at least 0.74, which 1 − P(alive) does not', () => {
    const model = fitted(calibration);
    const horizon = Math.max(...sample.flat()) - CALIBRATION_DAYS + 1;
    const leaves = sample.map((days) => !days.some((day) => day >= CALIBRATION_DAYS));
    const churnRisk = auc(
      calibration.map((history) => 1 - probabilityOfPurchase(model, history, horizon)),
      leaves,
    );
    const notAlive = auc(
      calibration.map((history) => 1 - pAlive(model, history)),
      leaves,
    );
    expect(churnRisk).toBeGreaterThanOrEqual(0.74);
    expect(notAlive).toBeLessThan(0.5);
    const within90Days = sample.map(
      (days) => !days.some((day) => day >= CALIBRATION_DAYS && day < CALIBRATION_DAYS + 90),
    );
    expect(
      auc(
        calibration.map((history) => 1 - probabilityOfPurchase(model, history, 90)),
        within90Days,
      ),
    ).toBeGreaterThanOrEqual(0.74);
  });
});

/** The published fit, in weeks; and as the walkthroughs round it. */
const ROUNDED: BgNbd = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
const PUBLISHED: BgNbd = { r: 0.24259, alpha: 4.4136, a: 0.79292, b: 2.42591 };

describe('BG/NBD answers as published', () => {
  it.each([
    [0.1429, '0.0078'],
    [1, '0.0532'],
    [3, '0.1506'],
    [31.8571, '1.0405'],
    [32, '1.0437'],
  ])('expects in %d weeks %s repeat orders of a newcomer', (weeks, printed) => {
    expect(expectedPurchases(PUBLISHED, weeks).toFixed(4)).toBe(printed);
  });

  it('expects in 78 weeks what the published sheet does, which stops its series after 150 terms', () => {
    const { r, alpha, a, b } = PUBLISHED;
    const z = 78 / (alpha + 78);
    let [term, series] = [1, 1];
    for (let n = 0; n < 149; n++) {
      term *= ((r + n) * (b + n) * z) / ((a + b - 1 + n) * (n + 1));
      series += term;
    }
    const cutOff = ((a + b - 1) / (a - 1)) * (1 - (alpha / (alpha + 78)) ** r * series);
    expect(cutOff.toFixed(4)).toBe('1.8576');
    expect(expectedPurchases(PUBLISHED, 78) - cutOff).toBeLessThan(0.0004);
    expect(expectedPurchases(PUBLISHED, 78)).toBeGreaterThan(cutOff);
  });

  it('expects 1.226 orders in 39 weeks of a customer who bought twice again, the last time in week 30.43 of 38.86', () => {
    expect(conditionalExpectation(ROUNDED, { x: 2, tx: 30.43, T: 38.86 }, 39).toFixed(3)).toBe('1.226');
    expect(conditionalExpectation(PUBLISHED, { x: 2, tx: 30.43, T: 38.86 }, 39)).toBeCloseTo(1.226, 2);
  });

  it('holds customer 1516 alive with 0.9688', () => {
    expect(pAlive(ROUNDED, { x: 26, tx: 30.857, T: 31 }).toFixed(4)).toBe('0.9688');
    expect(pAlive(PUBLISHED, { x: 26, tx: 30.857, T: 31 })).toBeCloseTo(0.9688, 3);
  });

  it('holds every one-time buyer alive, and yet at risk', () => {
    expect(pAlive(PUBLISHED, { x: 0, tx: 0, T: 38.86 })).toBe(1);
    expect(probabilityOfPurchase(PUBLISHED, { x: 0, tx: 0, T: 38.86 }, 13)).toBeLessThan(0.1);
  });
});

const model = fc.record({
  r: fc.double({ min: 0.05, max: 5, noNaN: true }),
  alpha: fc.double({ min: 1, max: 300, noNaN: true }),
  a: fc.double({ min: 0.05, max: 5, noNaN: true }),
  b: fc.double({ min: 0.05, max: 20, noNaN: true }),
});
const history = fc
  .record({
    x: fc.integer({ min: 0, max: 5_000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    T: fc.double({ min: 0, max: 40_000, noNaN: true }),
  })
  .map(({ x, share, T }) => ({ x, tx: x === 0 ? 0 : share * T, T }));

describe('whatever the parameters and the history', () => {
  it('answers probabilities', () => {
    fc.assert(
      fc.property(model, history, (parameters, known) => {
        for (const answer of [pAlive(parameters, known), probabilityOfPurchase(parameters, known, 90)]) {
          expect(answer).toBeGreaterThanOrEqual(0);
          expect(answer).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('has a likelihood that is a number', () => {
    fc.assert(
      fc.property(model, history, (parameters, known) => {
        expect(Number.isFinite(logLikelihoodOf(parameters, [{ ...known, count: 1 }]))).toBe(true);
      }),
    );
  });

  it('holds less alive who was silent for longer', () => {
    fc.assert(
      fc.property(model, history, fc.double({ min: 1, max: 1_000, noNaN: true }), (parameters, known, longer) => {
        const later = { ...known, T: known.T + longer };
        expect(pAlive(parameters, later)).toBeLessThanOrEqual(pAlive(parameters, known));
      }),
    );
  });
});

const many = (history: PurchaseHistory, count: number) => ({ ...history, count });

describe('history that does not determine the parameters gives no model', () => {
  it.each<[string, (PurchaseHistory & { count: number })[]]>([
    ['nobody', []],
    ['too few', [many({ x: 0, tx: 0, T: 100 }, 60), many({ x: 2, tx: 30, T: 90 }, 39)]],
    ['only one-time buyers', [many({ x: 0, tx: 0, T: 100 }, 5_000)]],
    ['only the same day', [many({ x: 3, tx: 0, T: 0 }, 5_000)]],
    ['only one moment, long ago', [many({ x: 3, tx: 0, T: 200 }, 5_000), many({ x: 0, tx: 0, T: 200 }, 5_000)]],
    ['a first week', [many({ x: 1, tx: 2, T: 6 }, 500), many({ x: 0, tx: 0, T: 5 }, 500)]],
    ['everybody alike', [many({ x: 4, tx: 100, T: 120 }, 5_000)]],
  ])('%s', (_, rows) => {
    expect(fitBgNbd(rows)).toBeNull();
  });
});

/** The chance that one who left is ranked above one who did not; ties count half. */
function auc(risks: number[], left: boolean[]): number {
  const ranked = risks.map((risk, index) => ({ risk, left: left[index] === true })).sort((p, q) => p.risk - q.risk);
  let [sum, from] = [0, 0];
  while (from < ranked.length) {
    const tied = ranked.filter(({ risk }) => risk === ranked[from]?.risk);
    sum += tied.filter((one) => one.left).length * (from + (tied.length + 1) / 2);
    from += tied.length;
  }
  const leavers = ranked.filter((one) => one.left).length;
  return (sum - (leavers * (leavers + 1)) / 2) / (leavers * (ranked.length - leavers));
}
