/**
 * Open lots of those who have many: the first ones stay with the account, the others go on pages, so that an operation
 * writes the account and a page or two, however many lots there are. A page holds all lots from its first place on, up to
 * the first place of the next one.
 */
import type { Lot } from './account.ts';
import { inOrderOfTaking } from './lots.ts';

/** With the account; some 27 bytes each, so that an account with two dozen of them is written as one kilobyte. */
export const LOTS_WITH_ACCOUNT = 48;
export const LOTS_A_PAGE = 96;
/** So many pages at most, that one transaction takes what touches all lots: where there are more of these, pages are larger. */
export const MOST_PAGES = 56;

export interface LotPage {
  /** Never used again, so that a page that was emptied is not mistaken for a new one. */
  page: number;
  lots: Lot[];
}

/** A page that has no number yet. */
const NEW = -1;

/** The lots as they are to be stored: `pages` in their order, those whose lots are the same are the very same objects. */
export function paged(
  lots: readonly Lot[],
  before: readonly LotPage[],
  nextPage: number,
): { first: Lot[]; pages: LotPage[] } {
  if (before.length === 0 && lots.length <= LOTS_WITH_ACCOUNT) return { first: [...lots], pages: [] };
  const { first, pages } = distributed(lots, before);
  const half = LOTS_WITH_ACCOUNT / 2;
  const head = pages[0];
  if (first.length > LOTS_WITH_ACCOUNT) {
    const over = first.splice(half);
    const fits = head !== undefined && over.length + head.lots.length <= LOTS_A_PAGE;
    if (fits) pages[0] = { ...head, lots: [...over, ...head.lots] };
    else pages.unshift({ page: NEW, lots: over });
  } else if (first.length === 0 && head) {
    first.push(...head.lots.slice(0, half));
    pages[0] = { ...head, lots: head.lots.slice(half) };
  }
  // A page that was larger stays so: what takes many lots splits none.
  const sizes = before.map((page) => page.lots.length);
  const mostLots = Math.max(LOTS_A_PAGE, 4 * Math.ceil(lots.length / MOST_PAGES), ...sizes);
  const whole = pages.filter(isInUse).flatMap((page) => inTwo(page, mostLots));
  const known = new Map(before.map((page) => [page.page, page]));
  let number = nextPage;
  const numbered = joined(whole).map((page) => {
    if (page.page === NEW) return { ...page, page: number++ };
    const same = known.get(page.page);
    return same && isSame(same.lots, page.lots) ? same : page;
  });
  return { first, pages: numbered };
}

/** Each lot to the last page that begins no later than it; to the account where none does. No page that is empty now. */
function distributed(lots: readonly Lot[], before: readonly LotPage[]): { first: Lot[]; pages: LotPage[] } {
  const first: Lot[] = [];
  const filled = before.map(({ page }) => ({ page, lots: [] as Lot[] }));
  for (const lot of lots) {
    const place = before.findLastIndex((page) => page.lots[0] !== undefined && inOrderOfTaking(page.lots[0], lot) <= 0);
    (filled[place]?.lots ?? first).push(lot);
  }
  return { first, pages: filled.filter(isInUse) };
}

const isInUse = ({ lots }: LotPage): boolean => lots.length > 0;

const isSame = (one: readonly Lot[], other: readonly Lot[]): boolean =>
  one.length === other.length &&
  one.every((lot, index) => lot.lotId === other[index]?.lotId && lot.remaining === other[index].remaining);

const inTwo = (page: LotPage, mostLots: number): LotPage[] => {
  if (page.lots.length <= mostLots) return [page];
  const half = mostLots / 2;
  const rest = { page: NEW, lots: page.lots.slice(half) };
  return [{ ...page, lots: page.lots.slice(0, half) }, ...inTwo(rest, mostLots)];
};

/** Neighbours that hold the fewest lots share a page, as long as there are too many pages. */
function joined(pages: readonly LotPage[]): LotPage[] {
  const fewer = [...pages];
  while (fewer.length > MOST_PAGES) {
    const together = fewer.slice(1).map(({ lots }, n) => lots.length + (fewer[n]?.lots.length ?? 0));
    const at = together.indexOf(Math.min(...together));
    const [one, other] = fewer.slice(at, at + 2);
    if (!one || !other) return fewer;
    fewer.splice(at, 2, { page: one.page === NEW ? other.page : one.page, lots: [...one.lots, ...other.lots] });
  }
  return fewer;
}
