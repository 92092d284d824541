import * as z from 'zod/mini';

/** What every step of an erasure is given: no step, and no history of one, names whom it is about. */
export const erasureStep = z.object({ erasureId: z.string(), now: z.string() });
