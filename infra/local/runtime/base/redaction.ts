/** Removes erased people from what the stack has recorded: an event keeps its type, its instant and their ids. */
import type { ErasureEvent } from './application.ts';

interface Event {
  detailType: string;
  detail: Record<string, unknown>;
}

export class Redaction {
  readonly #erasure: ErasureEvent | null;

  constructor(erasure: ErasureEvent | null) {
    this.#erasure = erasure;
  }

  isErasure({ detailType }: Pick<Event, 'detailType'>): boolean {
    return detailType === this.#erasure?.detailType;
  }

  /** Ids of the people whose erasure these events announce. */
  erasedIn(events: Event[]): string[] {
    const { idField = '' } = this.#erasure ?? {};
    return events.filter((event) => this.isErasure(event)).map(({ detail }) => String(detail[idField]));
  }

  /** Reduces the detail of an event that names one of these people to their ids. Erasures themselves stay. */
  redactor(ids: string[]): <E extends Event>(event: E) => E {
    const erased = new Set<unknown>(ids);
    return (event) => {
      if (erased.size === 0 || this.isErasure(event) || !mentions(erased, event.detail)) return event;
      const left = Object.entries(event.detail).filter(([, value]) => erased.has(value));
      return { ...event, detail: Object.fromEntries(left) };
    };
  }
}

/** Replaces these ids with `erased` in all of some plain data. */
export function anonymizer(ids: string[]): <T>(value: T) => T {
  return (value) => {
    const text = JSON.stringify(value);
    const found = ids.filter((id) => text.includes(id));
    return found.length === 0 ? value : JSON.parse(found.reduce((left, id) => left.replaceAll(id, 'erased'), text));
  };
}

function mentions(ids: Set<unknown>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return ids.has(value);
  return Object.values(value).some((part) => mentions(ids, part));
}
