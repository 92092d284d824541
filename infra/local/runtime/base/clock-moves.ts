/** Instants and durations as people write them for the stack's clock. */

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const DURATION = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const UNIT_SECONDS = [604_800, 86_400, 3_600, 60, 1];

/** The instant in canonical form, or null where it is none; February 30 is none. */
export function instantOf(value: unknown): string | null {
  if (typeof value !== 'string' || !INSTANT.test(value)) return null;
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== value.slice(0, 10)) return null;
  const instant = new Date(value);
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString();
}

/**
 * The instant so much later; null where the duration is not one of exact units: weeks to seconds. Months and years are
 * not, as they have no fixed length.
 */
export function advanced(instant: string, duration: unknown): string | null {
  const parts = typeof duration === 'string' ? DURATION.exec(duration) : null;
  if (!parts) return null;
  const seconds = UNIT_SECONDS.reduce((sum, unit, i) => sum + unit * Number(parts[i + 1] ?? 0), 0);
  const target = new Date(Date.parse(instant) + seconds * 1000);
  return target.getUTCFullYear() > 9999 || Number.isNaN(target.getTime()) ? null : target.toISOString();
}
