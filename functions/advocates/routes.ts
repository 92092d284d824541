/** Brand advocates: consumers who bring in others, ranked by their influencer score. */
import * as z from 'zod/mini';
import { ACTIVITIES } from '../../shared/domain/advocates/settings.ts';
import type { Routes } from '../../shared/edge/catalogue.ts';

const activity = z.strictObject({ type: z.enum(ACTIVITIES), count: z.int(), points: z.number() });
const advocate = z.strictObject({
  rank: z.int(),
  consumerId: z.string(),
  fullName: z.nullable(z.string()),
  score: z.number(),
  activities: z.array(activity),
});

export const advocatesRoutes = {
  list: {
    method: 'GET',
    path: '/v1/brand-advocates',
    access: 'admin',
    summary: 'List the brand advocates, best first, with the parts of their scores',
    description:
      '`computedAt` is the time of the last weekly ranking, or null before the first. Weights, decay and the number of ' +
      'places are configured in the settings document `influence`; changes apply from the next ranking.',
    answers: () => ({ 200: z.strictObject({ computedAt: z.nullable(z.string()), items: z.array(advocate) }) }),
  },
} as const satisfies Routes;
