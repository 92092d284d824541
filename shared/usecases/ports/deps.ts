/** Dependencies of every use case. */
import type { Instant } from '../../domain/facts.ts';
import type { Store, Write } from './store.ts';

/**
 * Commits the writes of a use case together with its result, so that a repeated request gets the first answer. The edge
 * provides it. Returns the result. Throws `WriteConflict` as the store does.
 */
export type Commit = <T>(writes: Write[], result: T) => Promise<T>;

/** Dependencies of every use case. */
export interface Deps {
  store: Store;
  /** A new sortable id (ULID, 26 characters) of this instant. */
  newId(now: Instant): string;
  /** Waits before the given retry (1, 2, …), longer each time, with jitter. */
  pause(retry: number): Promise<void>;
}
