/**
 * The trail of an execution: what happened, in order. It is its history for people, and all that is needed to go on
 * after a kill: the place of each flow, how long a wait has to last, how often a state was tried.
 */

/** The place of a flow: about to enter `state` with this input. A null `state` means that the flow ended with it. */
export interface Place {
  step: number;
  state: string | null;
  data: unknown;
  variables: Record<string, unknown>;
}

export interface TrailEvent {
  at: string;
  type: string;
  /** Which flow: empty for the machine's own, else the way through its Map and Parallel states. */
  scope: string;
  step: number;
  state: string;
  [detail: string]: unknown;
}

export interface Trail {
  events: TrailEvent[];
  /** Keeps an event; it survives a kill once this returns. */
  add(event: Omit<TrailEvent, 'at'>): void;
  placeOf(scope: string): Place | undefined;
  /** The newest event of this type about one step of a flow. */
  latest(type: string, scope: string, step: number): TrailEvent | undefined;
}

export function createTrail(now: () => string, keep: (event: TrailEvent) => void, past: TrailEvent[]): Trail {
  const events: TrailEvent[] = [];
  const places = new Map<string, Place>();
  const latest = new Map<string, TrailEvent>();
  const key = (type: string, scope: string, step: number) => `${type} ${scope} ${step}`;
  const note = (event: TrailEvent) => {
    events.push(event);
    latest.set(key(event.type, event.scope, event.step), event);
    const place = event['place'] as Place | undefined;
    if (place) places.set(event.scope, place);
  };
  past.forEach(note);
  return {
    events,
    add: (detail) => {
      const event = { at: now(), ...detail } as TrailEvent;
      keep(event);
      note(event);
    },
    placeOf: (scope) => places.get(scope),
    latest: (type, scope, step) => latest.get(key(type, scope, step)),
  };
}
