/** The composition root: the dependencies of the deployed use cases. */
import { setTimeout as wait } from 'node:timers/promises';
import { dynamoStore } from '../shared/data/dynamo-store.ts';
import { newUlid } from '../shared/data/ids.ts';
import { recordOf } from '../shared/data/items.ts';
import { readEnvironment } from '../shared/edge/env.ts';
import type { Deps } from '../shared/usecases/ports/deps.ts';
import type { Images } from '../shared/usecases/ports/store.ts';

/**
 * Back-off between retries, doubled each time. It starts at about the duration of a read and a write, so that concurrent
 * writers to one consumer soon spread out far enough for one of them to succeed per round trip.
 */
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

const store = dynamoStore(readEnvironment('tableName'), readEnvironment('subjectKey'));

export const live: Deps & Images = {
  store,
  recordOf,
  newId: newUlid,
  pause: async (retry) => {
    await wait(Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (retry - 1)));
  },
};

// A request during initialization opens the connection and loads the client's lazy parts before the first caller arrives.
store.get([{ kind: 'settings' }]).catch(() => undefined);
