/** Brand advocates: those who bring others, ranked by their influencer score. */
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
    summary: 'List the brand advocates, best first, and how their scores add up',
    description:
      'As of `computedAt`, the last weekly ranking; null before the first. Weights, fading and the number of places are ' +
      'the settings document `influence`; another one holds from the next ranking on.',
    answers: () => ({ 200: z.strictObject({ computedAt: z.nullable(z.string()), items: z.array(advocate) }) }),
  },
} as const satisfies Routes;
