/** The map of the world's timezones: only this bundle carries it, packed (`infra/embedded.ts`). */
import tzLookup from '@photostructure/tz-lookup';

/** Null where the map knows nothing about the coordinates. */
export const timezoneAt = (latitude: number, longitude: number): string | null => {
  try {
    return tzLookup(latitude, longitude);
  } catch {
    return null;
  }
};
