/** What is left of events about consumers who were erased: that there was one, of which type, when, about which id. */

/** What the product publishes when a consumer is erased, before the first of its items goes. */
export const ERASED = 'consumer.erased';

interface Event {
  detailType: string;
  detail: Record<string, unknown>;
}

/** The ids of those whom one of these events calls erased. */
export const erasedIn = (events: Event[]): string[] =>
  events.filter(({ detailType }) => detailType === ERASED).map(({ detail }) => String(detail['consumerId']));

/** Takes out of an event what it says, where it names anybody of these. */
export function redactor(ids: string[]): <E extends Event>(event: E) => E {
  const erased = new Set<unknown>(ids);
  return (event) => {
    if (erased.size === 0 || event.detailType === ERASED || !names(erased, event.detail)) return event;
    const left = Object.entries(event.detail).filter(([, value]) => erased.has(value));
    return { ...event, detail: Object.fromEntries(left) };
  };
}

/** Puts a word in the place of these ids wherever they stand in plain data. */
export function anonymizer(ids: string[]): <T>(value: T) => T {
  return (value) => {
    const text = JSON.stringify(value);
    const named = ids.filter((id) => text.includes(id));
    return named.length === 0 ? value : JSON.parse(named.reduce((left, id) => left.replaceAll(id, 'erased'), text));
  };
}

function names(ids: Set<unknown>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return ids.has(value);
  return Object.values(value).some((part) => names(ids, part));
}
