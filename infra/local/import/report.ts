/** What an import tells at its end. */
import type { RefusedRow } from './rows.ts';
import type { Imported } from './run.ts';

const MOST_REFUSALS_SHOWN = 20;

/** The summary for people. Says how many rows were refused and why, line by line for the first ones. */
export const summaryOf = (result: Imported): string => {
  const rate = result.seconds > 0 ? Math.round(result.rows / result.seconds) : 0;
  const lines = [
    result.finished ? 'Imported.' : 'Stopped: the same command goes on from here.',
    `  rows       ${number(result.rows)}`,
    `  consumers  ${number(result.consumers)} (${number(result.consumersCreated)} created)`,
    `  orders     ${number(result.created)} created, ${number(result.duplicates)} duplicates, ${number(result.refused.length)} refused`,
    `  money      ${money(result.createdMinor + result.duplicatesMinor, result.currency)} (${money(result.createdMinor, result.currency)} created)`,
    `  time       ${result.seconds.toFixed(1)} s, ${number(rate)} rows/s`,
  ];
  if (result.finished && result.created + result.consumersCreated === 0) lines.push('  Nothing changed.');
  const refused = inOrder(result.refused);
  for (const { line, reason } of refused.slice(0, MOST_REFUSALS_SHOWN)) lines.push(`  line ${line}: ${reason}`);
  if (refused.length > MOST_REFUSALS_SHOWN) {
    lines.push(`  … and ${number(refused.length - MOST_REFUSALS_SHOWN)} more: --report FILE lists all`);
  }
  return lines.join('\n');
};

/** All refused rows as CSV. A cell that a spreadsheet would take for a formula is defused. */
export const refusalsCsv = (refused: RefusedRow[]): string =>
  ['line,reason', ...inOrder(refused).map(({ line, reason }) => `${line},${cell(reason)}`), ''].join('\r\n');

const inOrder = (refused: RefusedRow[]): RefusedRow[] => refused.toSorted((a, b) => a.line - b.line);

const cell = (text: string): string => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;

const number = (value: number): string => value.toLocaleString('en');

const money = (minor: number, currency: string): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};
