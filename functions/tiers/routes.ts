/** Tiers: a consumer's place on the ladder. The ladder itself is a settings document. */
import * as z from 'zod/mini';
import { chosenId } from '../../shared/domain/points/settings.ts';
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';

const tier = { tierId: z.string(), name: z.string() };

export const tiersRoutes = {
  levelUp: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/tier',
    access: 'admin',
    summary: 'Level a consumer up by hand',
    description:
      'The tier is kept until the score has earned it. A tier below the one that the score has earned is refused; that ' +
      'one itself ends what was given by hand before.',
    params: consumerIdParam,
    body: z.strictObject({
      tierId: chosenId,
      reason: z.string().check(z.minLength(1), z.maxLength(500)),
    }),
    answers: () => ({
      200: z.strictObject({
        consumerId: z.string(),
        tier: z.nullable(
          z.strictObject({
            ...tier,
            since: z.string(),
            /** Given by hand. */
            manual: z.boolean(),
            next: z.nullable(z.strictObject({ ...tier, pointsNeeded: z.int() })),
          }),
        ),
      }),
    }),
    refusals: ['consumer_not_found', 'module_off', 'too_busy'],
  },
} as const satisfies Routes;
