/** EventBridge as the bus. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Bus, DomainEvent } from '../usecases/ports.ts';

/** EventBridge takes no more in one request. */
const MOST_AT_ONCE = 10;

export const eventBridge = (busName: string, client = new EventBridgeClient({ maxAttempts: 4 })): Bus => ({
  publish: async (events) => {
    for (let start = 0; start < events.length; start += MOST_AT_ONCE) {
      const entries = events.slice(start, start + MOST_AT_ONCE).map((event) => entryOf(event, busName));
      const { Entries: results = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
      const failed = results.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
      if (failed >= 0) return start + failed;
    }
    return events.length;
  },
});

const entryOf = ({ detailType, detail, at }: DomainEvent, busName: string) => ({
  EventBusName: busName,
  Source: 'regulars',
  DetailType: detailType,
  Detail: JSON.stringify(detail),
  Time: new Date(at),
});
