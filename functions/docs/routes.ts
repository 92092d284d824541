/** What tells about the API itself. */
import * as z from 'zod/mini';
import type { Routes } from '../../shared/edge/catalogue.ts';

export const docsRoutes = {
  document: {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'public',
    summary: 'Describe this API as OpenAPI 3.1',
    answers: () => ({ 200: z.looseObject({ openapi: z.string() }), 304: null }),
  },
  page: {
    method: 'GET',
    path: '/docs',
    access: 'public',
    summary: 'Describe this API as a page to read',
    answers: () => ({ 200: null, 304: null }),
    asPage: true,
  },
  health: {
    method: 'GET',
    path: '/health',
    access: 'public',
    summary: 'Tell that the service is up, and its version',
    answers: () => ({ 200: z.strictObject({ status: z.literal('ok'), version: z.string() }), 304: null }),
  },
} as const satisfies Routes;
