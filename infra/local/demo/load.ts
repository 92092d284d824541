/** Loads the demonstration through the API. Safe to repeat: everything in it has ids of its own. */
import type { Client } from '../client/client.ts';
import { createClient } from '../client/client.ts';
import { agree } from './consents.ts';
import type { DemoConsumer, DemoEvent } from './generate.ts';
import { demonstrationOf } from './generate.ts';
import { claimSome, setUpProgramme } from './programme.ts';

export interface Loading {
  url: string;
  token: string;
  log: (line: string) => void;
  consumers?: number;
}

const SEED = 20_260_131;
const CONSUMERS = 500;
const AT_ONCE = 4;
const EVENTS_OF_A_BATCH = 100;

/** Loads the shop, or what is left of it after a load that was cut short. Throws where the API refuses a part of it. */
export const loadDemonstration = async ({ url, token, log, consumers = CONSUMERS }: Loading): Promise<void> => {
  const client = createClient({ url, token, connections: AT_ONCE, onOutage: log });
  const startedMs = Date.now();
  try {
    await setUpProgramme(client);
    const untilMs = await endOfTheShop(client, consumers);
    const shop = demonstrationOf({ seed: SEED, consumers, untilMs });
    const events = await loadAll(client, shop, log);
    // Jobs that would come by themselves within days, so that there is something to see at once.
    for (const job of ['insights-rebuild', 'churn-fit']) await client.call('POST', `/_local/jobs/${job}`);
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    log(`The demonstration is loaded: ${consumers} consumers, ${events.toLocaleString('en')} events, ${seconds} s.`);
  } finally {
    client.close();
  }
};

/**
 * The shop ends when its first consumer was created: a load that goes on later must make the same events again, so the
 * instant is taken from what is there.
 */
const endOfTheShop = async (client: Client, consumers: number): Promise<number> => {
  const [first] = demonstrationOf({ seed: SEED, consumers: Math.min(1, consumers), untilMs: 0 });
  if (!first) return 0;
  const { createdAt } = await createdOrFound(client, first);
  return Date.parse(createdAt);
};

const loadAll = async (client: Client, shop: DemoConsumer[], log: Loading['log']): Promise<number> => {
  const waiting = shop.values();
  let loaded = 0;
  let events = 0;
  const work = async (): Promise<void> => {
    for (const consumer of waiting) {
      const { consumerId } = await createdOrFound(client, consumer);
      for (let from = 0; from < consumer.events.length; from += EVENTS_OF_A_BATCH) {
        await record(client, consumerId, consumer.events.slice(from, from + EVENTS_OF_A_BATCH));
      }
      const number = Number(consumer.profile.externalIds.demo);
      await claimSome(client, consumerId, number);
      await agree(client, consumerId, number, 'phone' in consumer.profile);
      loaded += 1;
      events += consumer.events.length;
      if (loaded % Math.ceil(shop.length / 5) === 0 && loaded < shop.length) {
        log(`Loading the demonstration: ${loaded} of ${shop.length} consumers`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return events;
};

const createdOrFound = async (client: Client, { profile }: DemoConsumer) => {
  const made = await client.call('POST', '/v1/consumers', profile);
  const lookup = `/v1/consumers/lookup?source=demo&externalId=${profile.externalIds.demo}`;
  const answer = made.status === 409 ? await client.call('GET', lookup) : made;
  if (answer.status >= 300) throw new Error(`consumer ${profile.externalIds.demo}: ${JSON.stringify(answer.body)}`);
  return answer.body as { consumerId: string; createdAt: string };
};

const record = async (client: Client, consumerId: string, events: DemoEvent[]): Promise<void> => {
  const sent = { events: events.map((event) => ({ consumerId, ...event })) };
  const { status, body } = await client.call('POST', '/v1/events/batch', sent);
  const items = status === 200 ? (body as { items: { status: string; problem?: unknown }[] }).items : [];
  const refused = items.find((item) => item.status === 'rejected');
  if (status !== 200 || refused) throw new Error(`events are refused: ${JSON.stringify(refused?.problem ?? body)}`);
};
