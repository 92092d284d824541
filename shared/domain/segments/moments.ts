/** Finding the instants at which something that time moves one way is another. In milliseconds since 1970. */

/** Nothing is looked for beyond the last instant that there is. */
export const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
export const NEVER = Number.POSITIVE_INFINITY;

/**
 * The first instant after `fromMs` and up to `untilMs` at which it is so; `NEVER` where it is not so by then. Once it is,
 * it has to stay so. A good guess saves nearly all of the questions.
 */
export function firstMs(fromMs: number, untilMs: number, isSo: (ms: number) => boolean, guessMs = Number.NaN): number {
  if (untilMs <= fromMs || !isSo(untilMs)) return NEVER;
  const bracket = { not: fromMs, so: untilMs };
  if (guessMs > fromMs && guessMs < untilMs) narrow(bracket, Math.round(guessMs), isSo);
  while (bracket.so - bracket.not > 1) {
    const middle = Math.floor((bracket.not + bracket.so) / 2);
    if (isSo(middle)) bracket.so = middle;
    else bracket.not = middle;
  }
  return bracket.so;
}

/** From the guess on in steps that double, until the instant lies between two of them. */
function narrow(bracket: { not: number; so: number }, guessMs: number, isSo: (ms: number) => boolean): void {
  let at = guessMs;
  for (let step = 1; at > bracket.not && at < bracket.so; step *= 2) {
    const isPast = isSo(at);
    if (isPast) bracket.so = at;
    else bracket.not = at;
    at += isPast ? -step : step;
  }
}
