/** The composition root: what the deployed use cases are given. */
import { setTimeout as wait } from 'node:timers/promises';
import { dynamoStore } from '../shared/data/dynamo-store.ts';
import { newUlid } from '../shared/data/ids.ts';
import { recordOf } from '../shared/data/items.ts';
import { readEnvironment } from '../shared/edge/env.ts';
import type { Deps } from '../shared/usecases/ports/deps.ts';
import type { Images } from '../shared/usecases/ports/store.ts';

/**
 * About a read and a write of the table, doubled each time: however many write to one consumer, they soon spread so
 * far that each round trip lets one through.
 */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

const store = dynamoStore(readEnvironment('tableName'), readEnvironment('subjectKey'));

export const live: Deps & Images = {
  store,
  recordOf,
  newId: newUlid,
  pause: async (retry) => {
    await wait(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (retry - 1)));
  },
};

// One real request while the function starts: the connection and the client's lazy parts are ready when a caller comes.
store.get([{ kind: 'settings' }]).catch(() => undefined);
