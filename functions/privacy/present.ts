import type { Reply } from '../../shared/edge/idempotency.ts';
import type { ErasureStatus } from '../../shared/usecases/privacy/erase-consumer.ts';

/** Kept under a key, it names nobody: a repetition is told of this erasure, and erases no one who came since. */
export const presentErasure = (body: ErasureStatus): Reply => ({ status: 202, body, consumerId: null });
