import type { Reply } from '../../shared/edge/idempotency.ts';
import type { Begun } from '../../shared/usecases/erase-consumer.ts';

/** Nothing is kept of it under an Idempotency-Key: a repetition finds the same erasure, and a kept one would name it. */
export const presentBegun = (body: Begun): Reply => ({ status: 202, body, kept: false });
