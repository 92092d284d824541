/** What other systems are told, and the workflows that are started. */
import type { Instant, JsonObject } from '../../domain/facts.ts';

/** Something that other systems are told. Details carry ids, never contacts. */
export interface DomainEvent {
  detailType: string;
  detail: JsonObject;
  at: Instant;
}
/** The bus: domain events for other systems. Each may be delivered more than once. */
export interface Bus {
  /** How many were taken, from the first on: with fewer than all, the next one was not. */
  publish(events: readonly DomainEvent[]): Promise<number>;
}
/** Starts workflows; a name that ran already is not started again. */
export interface Workflows {
  start(name: string, executionName: string, input: JsonObject): Promise<void>;
}
