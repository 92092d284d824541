/** What a decision reads and is about to write about one consumer. */
import type { RecordKey, RecordOf, StoredRecord } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';

/** The kinds of records that events are decided on, beside the consumer's metrics. */
type DraftKind = 'event' | 'eventClaim' | 'order' | 'refund' | 'message';
export type DraftKey = Extract<RecordKey, { kind: DraftKind }>;
type DraftRecord = Extract<StoredRecord, { kind: DraftKind }>;

/** Records as they were read, and as they will be: a put is seen by every later get. */
export class Draft {
  readonly #read = new Map<string, DraftRecord>();
  readonly #changed = new Map<string, DraftRecord>();

  constructor(read: readonly (RecordOf<DraftKind> | undefined)[]) {
    for (const record of read as (DraftRecord | undefined)[]) if (record) this.#read.set(textOf(record), record);
  }

  get<K extends DraftKey>(key: K): RecordOf<K['kind']> | undefined {
    const text = textOf(key);
    return (this.#changed.get(text) ?? this.#read.get(text)) as RecordOf<K['kind']> | undefined;
  }

  put(record: DraftRecord): void {
    this.#changed.set(textOf(record), record);
  }

  /** One write for each changed record, on condition that it is still as it was read. */
  writes(): Write[] {
    return [...this.#changed].map(([text, record]) => {
      const before = this.#read.get(text);
      if (before === undefined) return { put: record, expect: 'absent' };
      return { put: record, expect: 'version' in before ? { version: before.version } : 'present' };
    });
  }
}

/** Each key once: a read of several keys takes none twice. */
export const distinct = (keys: readonly DraftKey[]): DraftKey[] => [
  ...new Map(keys.map((key) => [textOf(key), key])).values(),
];

const textOf = (key: DraftKey): string => {
  switch (key.kind) {
    case 'event':
      return JSON.stringify([key.kind, key.occurredAt, key.eventId]);
    case 'eventClaim':
      return JSON.stringify([key.kind, key.eventId]);
    case 'order':
      return JSON.stringify([key.kind, key.orderId]);
    case 'refund':
      return JSON.stringify([key.kind, key.orderId, key.refundId]);
    case 'message':
      return JSON.stringify([key.kind, key.messageId]);
  }
};
