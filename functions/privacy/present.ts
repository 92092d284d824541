import type { Reply } from '../../shared/edge/idempotency.ts';
import type { ErasureStatus } from '../../shared/usecases/privacy/erase-consumer.ts';

/**
 * Stored under the idempotency key without a consumer id: a retry returns this erasure, and erases no one who has the
 * contact since.
 */
export const presentErasure = (body: ErasureStatus): Reply => ({ status: 202, body, consumerId: null });
