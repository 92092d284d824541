import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf } from '../../../shared/domain/instants.ts';
import type { Lot } from '../../../shared/domain/points/account.ts';
import {
  LOTS_A_PAGE,
  LOTS_WITH_ACCOUNT,
  type LotPage,
  MOST_PAGES,
  paged,
} from '../../../shared/domain/points/lot-pages.ts';
import { given, taken } from '../../../shared/domain/points/lots.ts';

interface Stored {
  first: Lot[];
  pages: LotPage[];
  nextPage: number;
}
const nothing: Stored = { first: [], pages: [], nextPage: 1 };
const lotsOf = ({ first, pages }: Stored): Lot[] => [...first, ...pages.flatMap(({ lots }) => lots)];

/** As the account keeps it. */
const kept = (before: Stored, lots: readonly Lot[]): Stored => {
  const { first, pages } = paged(lots, before.pages, before.nextPage);
  return { first, pages, nextPage: Math.max(before.nextPage, ...pages.map(({ page }) => page + 1)) };
};

/** Of the 100 that one transaction takes, with room for the account, entries, claims and the like. */
const MOST_WRITES = 85;

let made = 0;
const lotOf = (earned: number, expires: number | null): Lot => ({
  lotId: `lot${String(++made).padStart(9, '0')}`,
  earnedAt: instantOf(Date.UTC(2026, 0, 1) + earned),
  expiresAt: expires === null ? null : instantOf(Date.UTC(2027, 0, 1) + expires * 3_600_000),
  ...{ size: 3, remaining: 3 },
});
const sorted = (lots: readonly Lot[], more: readonly Lot[]): Lot[] =>
  given(
    lots,
    more.map(({ remaining, ...lot }) => ({ ...lot, points: remaining })),
  );
const sumOf = (lots: readonly Lot[]) => lots.reduce((sum, { remaining }) => sum + remaining, 0);

const expiry = fc.option(fc.integer({ min: 0, max: 40 }), { freq: 4 });
const act = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      expiries: fc.array(expiry, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      expiries: fc.array(expiry, { maxLength: 500, size: 'max' }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('take' as const), share: fc.constantFrom(0, 0, 0.01, 0.1, 0.5, 1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take_own' as const), which: fc.nat() }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** The lots after the act, and how many of them it touched. */
function acted(lots: readonly Lot[], one: Act, n: number): Lot[] {
  if (one.kind === 'add') {
    const room = Math.max(0, 1_000 - lots.length);
    return sorted(
      lots,
      one.expiries.slice(0, room).map((expires) => lotOf(n, expires)),
    );
  }
  if (lots.length === 0) return [];
  if (one.kind === 'take') return taken(lots, Math.min(sumOf(lots), 1 + Math.floor(sumOf(lots) * one.share))).lots;
  const own = lots[one.which % lots.length];
  return taken(lots, 1 + (one.which % (own?.remaining ?? 1)), own?.lotId).lots;
}

const touchedBy = (before: readonly Lot[], after: readonly Lot[]): number => {
  const known = new Map(before.map(({ lotId, remaining }) => [lotId, remaining]));
  const changed = after.filter(({ lotId, remaining }) => known.get(lotId) !== remaining).length;
  const left = new Set(after.map(({ lotId }) => lotId));
  return changed + before.filter(({ lotId }) => !left.has(lotId)).length;
};
/** Pages that are to be written or removed. */
const pagesMoved = (before: Stored, after: Stored): number =>
  after.pages.filter((page) => !before.pages.includes(page)).length +
  before.pages.filter(({ page }) => !after.pages.some((other) => other.page === page)).length;

function check(
  before: Stored,
  after: Stored,
  lots: readonly Lot[],
  everUsed: Set<number>,
  mostLots = LOTS_A_PAGE,
): void {
  if (!isDeepStrictEqual(lotsOf(after), lots)) expect(lotsOf(after)).toEqual(lots);
  expect(after.first.length).toBeLessThanOrEqual(LOTS_WITH_ACCOUNT);
  if (lots.length > 0) expect(after.first.length).toBeGreaterThan(0);
  for (const page of after.pages) {
    expect(page.lots.length).toBeGreaterThan(0);
    expect(page.lots.length).toBeLessThanOrEqual(mostLots);
    const same = before.pages.find((other) => other.page === page.page);
    if (same && isDeepStrictEqual(same, page)) expect(page).toBe(same);
    if (!same) expect(everUsed.has(page.page)).toBe(false);
    everUsed.add(page.page);
  }
  expect(new Set(after.pages.map(({ page }) => page)).size).toBe(after.pages.length);
}

describe('lots on pages', () => {
  it('are all there, in order, on full enough pages, whose numbers are never used again', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30, size: 'max' }), (acts) => {
        const everUsed = new Set<number>();
        let stored = nothing;
        for (const [n, one] of acts.entries()) {
          const lots = acted(lotsOf(stored), one, n);
          const after = kept(stored, lots);
          check(stored, after, lots, everUsed);
          const touched = touchedBy(lotsOf(stored), lots);
          if (touched <= 1) expect(pagesMoved(stored, after)).toBeLessThanOrEqual(3);
          expect(pagesMoved(stored, after)).toBeLessThanOrEqual(3 * Math.max(1, touched));
          stored = after;
        }
      }),
      // Histories of a thousand lots take minutes to shrink; the seed tells which one it was.
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('grow one by one to a thousand, writing the account and a page or two each time', () => {
    for (const expires of [
      () => null,
      (n: number) => n,
      (n: number) => 2_000 - n,
      (n: number) => (n * 7_919) % 1_000,
    ]) {
      let stored = nothing;
      for (let n = 0; n < 1_000; n++) {
        const after = kept(stored, sorted(lotsOf(stored), [lotOf(n, expires(n))]));
        expect(pagesMoved(stored, after)).toBeLessThanOrEqual(2);
        stored = after;
      }
      expect(lotsOf(stored)).toHaveLength(1_000);
      expect(stored.pages.length).toBeLessThanOrEqual(2 * Math.ceil(1_000 / LOTS_A_PAGE) + 1);
    }
  });

  it('grow on to thousands, on no more pages than one transaction takes', () => {
    let stored = nothing;
    for (let n = 0; n < 5_000; n += 25) {
      const more = Array.from({ length: 25 }, (_, m) => lotOf(n + m, null));
      const after = kept(stored, [...lotsOf(stored), ...more]);
      expect(after.pages.length).toBeLessThanOrEqual(MOST_PAGES);
      expect(pagesMoved(stored, after)).toBeLessThanOrEqual(4);
      stored = after;
    }
    expect(lotsOf(stored)).toHaveLength(5_000);
  });

  it('go one by one again, and so do their pages', () => {
    let stored = kept(
      nothing,
      Array.from({ length: 1_000 }, (_, n) => lotOf(n, null)),
    );
    for (let n = 0; n < 1_000; n++) {
      const after = kept(stored, taken(lotsOf(stored), 3).lots);
      expect(pagesMoved(stored, after)).toBeLessThanOrEqual(2);
      stored = after;
    }
    expect(stored).toMatchObject({ first: [], pages: [] });
  });

  it('fit one transaction, however many they are and however many are taken at once', () => {
    const shares = fc.array(fc.constantFrom(0.0001, 0.01, 0.3, 0.5, 0.9, 1), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 12_000 }),
        fc.integer({ min: 1, max: 60 }),
        shares,
        (count, at, shares) => {
          const many = Array.from({ length: count }, (_, n) => lotOf(n, n % at));
          const inOrder = sorted([], many);
          let stored = kept(nothing, inOrder);
          expect(stored.pages.length).toBeLessThanOrEqual(MOST_PAGES);
          for (const share of shares) {
            const lots = taken(lotsOf(stored), Math.ceil(sumOf(lotsOf(stored)) * share)).lots;
            const after = kept(stored, lots);
            check(stored, after, lots, new Set(stored.pages.map(({ page }) => page)), Number.POSITIVE_INFINITY);
            expect(after.pages.length).toBeLessThanOrEqual(MOST_PAGES);
            expect(pagesMoved(stored, after)).toBeLessThanOrEqual(MOST_WRITES);
            stored = after;
          }
        },
      ),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('stay with the account while they fit it', () => {
    const few = Array.from({ length: LOTS_WITH_ACCOUNT }, (_, n) => lotOf(n, null));
    expect(kept(nothing, few)).toEqual({ first: few, pages: [], nextPage: 1 });
    const more = kept(nothing, [...few, lotOf(40, null)]);
    expect(more).toMatchObject({ pages: [{ page: 1 }], nextPage: 2 });
    expect(more.first).toHaveLength(LOTS_WITH_ACCOUNT / 2);
  });

  it('that split a page leave its first half the object it was, where all that is new came behind it', () => {
    const few = Array.from({ length: LOTS_WITH_ACCOUNT / 2 + LOTS_A_PAGE }, (_, n) => lotOf(n, null));
    const stored = kept(nothing, few.slice(0, few.length - LOTS_A_PAGE / 2));
    const after = kept(stored, [...few, lotOf(few.length, null)]);
    expect(after.pages).toHaveLength(2);
    expect(after.pages[0]).toBe(stored.pages[0]);
  });

  it('that did not change leave all pages the very objects they were', () => {
    const stored = kept(
      nothing,
      Array.from({ length: 300 }, (_, n) => lotOf(n, null)),
    );
    const after = kept(stored, lotsOf(stored));
    expect(after.pages).toHaveLength(stored.pages.length);
    for (const [n, page] of after.pages.entries()) expect(page).toBe(stored.pages[n]);
  });
});
