/** Documentation and health of the API. */
import * as z from 'zod/mini';
import type { Routes } from '../../shared/edge/catalogue.ts';

export const docsRoutes = {
  document: {
    method: 'GET',
    path: '/v1/openapi.json',
    access: 'public',
    summary: 'Get the OpenAPI 3.1 document',
    answers: () => ({ 200: z.looseObject({ openapi: z.string() }), 304: null }),
  },
  page: {
    method: 'GET',
    path: '/docs',
    access: 'public',
    summary: 'Get the API documentation as a page',
    answers: () => ({ 200: null, 304: null }),
    asPage: true,
  },
  health: {
    method: 'GET',
    path: '/health',
    access: 'public',
    summary: 'Check that the service is up, and get its version',
    answers: () => ({ 200: z.strictObject({ status: z.literal('ok'), version: z.string() }), 304: null }),
  },
} as const satisfies Routes;
