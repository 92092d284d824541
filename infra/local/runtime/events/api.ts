/** EventBridge's PutEvents: what it takes, what it refuses whole, what it refuses entry by entry. */
import { AwsError } from '../base/aws-error.ts';
import type { BusEntry, EventBus } from './bus.ts';

const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;

interface Entry {
  Time?: number;
  Source?: string;
  Resources?: string[];
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
}
type EntryAnswer = { EventId: string } | { ErrorCode: string; ErrorMessage: string };
export interface PutEventsAnswer {
  FailedEntryCount: number;
  Entries: EntryAnswer[];
}

/** Throws a ValidationException where EventBridge refuses the whole call. */
export function putEvents(bus: EventBus, input: Record<string, unknown>): PutEventsAnswer {
  const entries = input['Entries'];
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new AwsError('ValidationException', 'Entries must hold at least one entry');
  }
  const all = entries as Entry[];
  if (all.length > MOST_ENTRIES) {
    throw new AwsError('ValidationException', `Entries holds ${all.length} entries: at most ${MOST_ENTRIES}`);
  }
  const bytes = all.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MOST_BYTES) {
    throw new AwsError('ValidationException', `Total size of the entries in the request is over the limit.`);
  }
  const answers = all.map((entry) => put(bus, entry));
  return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
}

/** Sizes as EventBridge counts them: 14 bytes for a time, UTF-8 of the texts. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function put(bus: EventBus, { Time, Source, DetailType, Detail, Resources = [], EventBusName }: Entry): EntryAnswer {
  const refused = (ErrorCode: string, ErrorMessage: string): EntryAnswer => ({ ErrorCode, ErrorMessage });
  if (EventBusName !== bus.name && EventBusName !== bus.arn) {
    return refused('ResourceNotFoundException', `Event bus ${EventBusName ?? 'default'} does not exist.`);
  }
  if (!Source)
    return refused('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.');
  if (!DetailType) {
    return refused('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.');
  }
  const detail = objectOf(Detail);
  if (detail === null) return refused('MalformedDetail', 'Detail is malformed.');
  const entry: BusEntry = { source: Source, detailType: DetailType, detail, resources: Resources };
  const at = Time === undefined ? {} : { at: new Date(Time * 1000).toISOString() };
  return { EventId: bus.put({ ...entry, ...at }) };
}

function objectOf(text: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
