import type { Store } from '../usecases/ports/store.ts';
import { memoryStorage } from './memory-storage.ts';
import { storeOver } from './store.ts';

/** A store for tests: the same keys and the same answers as the deployed one, and nothing outlives it. */
export const memoryStore = (): Store => storeOver(memoryStorage(), 'a key for tests');
