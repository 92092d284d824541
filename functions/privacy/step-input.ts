import * as z from 'zod/mini';

/** Input of every step. It names no consumer, so that the history of executions contains no personal data. */
export const erasureStep = z.object({ erasureId: z.string(), now: z.string() });
