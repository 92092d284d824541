/** Facts about the application that no cloud assembly contains. */

export interface PublishedEvent {
  /** When the event occurred. */
  at: string;
  source: string;
  detailType: string;
  detail: Record<string, unknown>;
}

/** The event that announces the erasure of a person, published before the first of the person's items is deleted. */
export interface ErasureEvent {
  detailType: string;
  /** Field of the event's detail that holds the id of the erased person. */
  idField: string;
}

export interface Application {
  /** Scopes by the short names that `GET /_local/token` takes. The first one is the default. */
  scopes: Record<string, string>;
  /** Subject of a token with these scopes. Null: the client itself. */
  subjectOf(scopes: string[]): string | null;
  /** Null where the application erases no people: then nothing is redacted. */
  erasure: ErasureEvent | null;
  /** The message that an event asks a provider to send, as `GET /_local/messages` shows it. Null for other events. */
  messageIn(event: PublishedEvent): Record<string, unknown> | null;
}

/** An application without scopes, erasures and messages. */
export const plainApplication: Application = {
  scopes: {},
  subjectOf: () => null,
  erasure: null,
  messageIn: () => null,
};
