/**
 * CSV as RFC 4180 has it: commas, quotes where they are needed, lines ending in CR LF.
 *
 * Cells are opened in spreadsheets, which take some for formulas: those begin with an apostrophe here, and are shown as the
 * text that they are. That goes for negative numbers and phone numbers too, so that nobody has to guess which are safe.
 */

/** What spreadsheets begin a formula with, the wide forms of Eastern keyboards among them. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const SPECIAL = /[",\r\n]/;

/** One line. Lists and objects are told as JSON; what there is not, is empty. */
export const csvLine = (cells: readonly unknown[]): string => `${cells.map(cellOf).join(',')}\r\n`;

const cellOf = (value: unknown): string => {
  const text = textOf(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
