/** Domain events for other systems, and workflows. */
import type { Instant, JsonObject } from '../../domain/facts.ts';

/** An event for other systems. Details carry ids, never contacts. */
export interface DomainEvent {
  detailType: string;
  detail: JsonObject;
  at: Instant;
}
/** The bus: domain events for other systems. Each may be delivered more than once. */
export interface Bus {
  /** Returns how many events were accepted, counted from the first. */
  publish(events: readonly DomainEvent[]): Promise<number>;
}
/** Starts workflows. An execution name that was used before is not started again. */
export interface Workflows {
  start(name: string, executionName: string, input: JsonObject): Promise<void>;
}
