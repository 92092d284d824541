/** A progress bar on a terminal, plain lines elsewhere. */

export interface Progress {
  /** Rows dealt with so far, of all lines. */
  show(rows: number): void;
  /** A line beside the bar. */
  say(line: string): void;
  end(): void;
}

const BAR_WIDTH = 30;

export const createProgress = (out: NodeJS.WriteStream, lines: number, startedMs: number): Progress => {
  const isTerminal = out.isTTY === true;
  const everyMs = isTerminal ? 200 : 5_000;
  let shownMs = 0;
  let firstRows: number | undefined;
  const clear = isTerminal ? '\r\u001b[2K' : '';
  return {
    show: (rows) => {
      firstRows ??= rows;
      const now = Date.now();
      if (now - shownMs < everyMs) return;
      shownMs = now;
      const line = progressLine(rows, lines, rows - firstRows, (now - startedMs) / 1000);
      out.write(isTerminal ? `${clear}${line}` : `${line}\n`);
    },
    say: (line) => out.write(`${clear}${line}\n`),
    end: () => out.write(clear),
  };
};

/** `[#####-----]  52.0 %  36,220 of 69,660 rows  812 rows/s  41 s left`; `sent` are the rows of this run. */
export const progressLine = (rows: number, lines: number, sent: number, seconds: number): string => {
  const share = Math.min(1, rows / Math.max(1, lines));
  const filled = Math.round(share * BAR_WIDTH);
  const rate = seconds > 0 ? sent / seconds : 0;
  const left = rate > 0 ? `${spanOf((lines - rows) / rate)} left` : '';
  const counts = `${rows.toLocaleString('en')} of ${lines.toLocaleString('en')} rows`;
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
  return `${bar} ${(share * 100).toFixed(1).padStart(5)} %  ${counts}  ${Math.round(rate)} rows/s  ${left}`.trimEnd();
};

const spanOf = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
