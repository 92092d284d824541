/** What is left of events about consumers who were erased: that there was one, of which type, when, about which id. */

/** What the product publishes when a consumer is erased, before the first of its items goes. */
export const ERASED = 'consumer.erased';

interface Event {
  detailType: string;
  detail: Record<string, unknown>;
}

/** Takes out of an event what it says, where it names anybody whom one of these events calls erased. */
export function redactor(events: Event[]): <E extends Event>(event: E) => E {
  const erased = new Set<unknown>(
    events.filter(({ detailType }) => detailType === ERASED).map(({ detail }) => detail['consumerId']),
  );
  return (event) => {
    if (erased.size === 0 || event.detailType === ERASED || !names(erased, event.detail)) return event;
    const left = Object.entries(event.detail).filter(([, value]) => erased.has(value));
    return { ...event, detail: Object.fromEntries(left) };
  };
}

function names(ids: Set<unknown>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return ids.has(value);
  return Object.values(value).some((part) => names(ids, part));
}
