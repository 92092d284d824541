/** Settings of the organization: one typed document a name, each from `shared/domain/settings.ts`. */
import * as z from 'zod/mini';
import { SETTINGS_DOCUMENTS } from '../../shared/domain/settings.ts';
import type { Routes } from '../../shared/edge/catalogue.ts';
import { cursor, limit } from '../../shared/edge/parameters.ts';

const names = Object.keys(SETTINGS_DOCUMENTS);
const document = z.string().check(z.minLength(1), z.maxLength(64)).register(z.globalRegistry, { enum: names });
const params = z.strictObject({ document });
const answer = z.looseObject({
  version: z.int(),
  updatedAt: z.nullable(z.string()),
  updatedBy: z.nullable(z.string()),
});
const past = z.looseObject({ version: z.int(), updatedAt: z.string(), updatedBy: z.string() });
const tierId = z.nullable(z.string());
/** The effect of a ladder of tiers in a dry run. */
const simulated = z.strictObject({
  moves: z.array(z.strictObject({ consumerId: z.string(), from: tierId, to: tierId })),
  counts: z.record(z.string(), z.int()),
  truncated: z.boolean(),
});
const dryRun = z.optional(
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((text) => text === 'true'),
  ),
);

export const settingsRoutes = {
  read: {
    method: 'GET',
    path: '/v1/settings/{document}',
    access: 'admin',
    summary: 'Read a settings document',
    description: 'Defaults where it was never set: then its version is 0.',
    params,
    answers: () => ({ 200: answer }),
    refusals: ['not_found'],
  },
  write: {
    method: 'PUT',
    path: '/v1/settings/{document}',
    access: 'admin',
    summary: 'Replace a settings document',
    description:
      'The body is one of the documents below, in the order of their names, as `document` lists them. ' +
      'Fields that are left out get their defaults; those of `organization` stay as they are. ' +
      'Another currency converts nothing: amounts stay the same whole numbers, of its minor units. ' +
      'With `dryRun=true`, which only `tiers` takes, nothing is written: the answer says who would be in another tier ' +
      'than now (`truncated` where there are more than 1,000), and how many of all who have points would be in each ' +
      'tier, or in `none`.',
    params,
    query: z.strictObject({ dryRun }),
    body: z.looseObject({}),
    bodyShown: z.union(Object.values(SETTINGS_DOCUMENTS)),
    answers: () => ({ 200: z.union([answer, simulated]) }),
    refusals: ['not_found', 'version_conflict', 'too_busy'],
  },
  listVersions: {
    method: 'GET',
    path: '/v1/settings/{document}/versions',
    access: 'admin',
    summary: 'List what a settings document was, the newest version first',
    params,
    query: z.strictObject({ limit, cursor }),
    answers: () => ({ 200: z.strictObject({ items: z.array(past), nextCursor: z.nullable(z.string()) }) }),
    refusals: ['not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
} as const satisfies Routes;
