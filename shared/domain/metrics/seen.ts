/** Where a visit was made from. */
import type { ConsumerEvent, Json, JsonObject, Place, Seen } from '../facts.ts';
import { isTimezone } from '../timezones.ts';
import type { TimezoneAt } from './scoring.ts';

/** What one visit tells: its place, and its timezone, given or from its coordinates. Null for what it did not carry. */
export function seenIn(
  visit: ConsumerEvent,
  timezoneAt: TimezoneAt,
): { place: Seen<Place> | null; timezone: Seen<string> | null } {
  const geo = objectOf(visit.attributes['geo']);
  const seen = <T>(value: T | null): Seen<T> | null =>
    value === null ? null : { value, at: visit.occurredAt, eventId: visit.eventId };
  return { place: seen(placeOf(geo)), timezone: seen(timezoneOf(geo, timezoneAt)) };
}

/**
 * The attributes of an event; those of a visit that has coordinates only are given the timezone that lies there, so that
 * the history says it for ever, whatever becomes of the map.
 */
export function located(event: Pick<ConsumerEvent, 'type' | 'attributes'>, timezoneAt: TimezoneAt): JsonObject {
  const geo = objectOf(event.attributes['geo']);
  if (event.type !== 'visit' || geo['timezone'] !== undefined) return event.attributes;
  const timezone = timezoneOf(geo, timezoneAt);
  return timezone === null ? event.attributes : { ...event.attributes, geo: { ...geo, timezone } };
}

/** The newer of two; ties go to the greater event id. */
export function newerSeen<T>(one: Seen<T> | null, other: Seen<T> | null): Seen<T> | null {
  if (one === null || other === null) return one ?? other;
  if (one.at !== other.at) return one.at > other.at ? one : other;
  return one.eventId >= other.eventId ? one : other;
}

function placeOf(geo: JsonObject): Place | null {
  const place = { city: textOf(geo['city']), region: textOf(geo['region']), country: textOf(geo['country']) };
  return place.city === null && place.region === null && place.country === null ? null : place;
}

function timezoneOf(geo: JsonObject, timezoneAt: TimezoneAt): string | null {
  const given = textOf(geo['timezone']);
  if (given !== null && isTimezone(given)) return given;
  const { latitude, longitude } = geo;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
  return timezoneAt(latitude, longitude);
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);
const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
