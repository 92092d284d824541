/** EventBridge as the bus. */
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { Bus, DomainEvent } from '../usecases/ports/bus.ts';

/** EventBridge takes no more in one request. */
const MOST_AT_ONCE = 10;
/** Entries that were not taken are sent again at once, this often: others of their request are out already. */
const MOST_ATTEMPTS = 3;

/**
 * Ten at a time, in their order; that they arrive in it is likely, not certain: one that was not taken at first comes
 * after the others of its request.
 */
export const eventBridge = (busName: string, client = new EventBridgeClient({ maxAttempts: 4 })): Bus => ({
  publish: async (events) => {
    for (let start = 0; start < events.length; start += MOST_AT_ONCE) {
      const entries: PutEventsRequestEntry[] = events
        .slice(start, start + MOST_AT_ONCE)
        .map((event) => entryOf(event, busName));
      const [refused] = await refusedOf(client, entries);
      if (refused !== undefined) return start + entries.indexOf(refused);
    }
    return events.length;
  },
});

/** Those that were not taken even in the end, in their order. */
const refusedOf = async (client: EventBridgeClient, entries: PutEventsRequestEntry[]) => {
  let rest = entries;
  for (let attempt = 0; rest.length > 0 && attempt < MOST_ATTEMPTS; attempt++) {
    const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: rest }));
    rest = rest.filter((_, index) => results[index]?.ErrorCode !== undefined);
  }
  return rest;
};

const entryOf = ({ detailType, detail, at }: DomainEvent, busName: string) => ({
  EventBusName: busName,
  Source: 'regulars',
  DetailType: detailType,
  Detail: JSON.stringify(detail),
  Time: new Date(at),
});
