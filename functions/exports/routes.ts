/** Exports of all data about a consumer, as a file. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';
import { exportAnswer, exportBody, exportParams, exportRequested } from './schemas.ts';

export const exportsRoutes = {
  request: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/exports',
    access: 'admin',
    summary: 'Export all data about a consumer',
    description:
      'The file is written in the background. With `json` it is one document, `{consumerId, exportedAt, sections: {…}}`. With ' +
      '`csv` it is a zip with a table for each section; cells that a spreadsheet would read as formulas begin with an ' +
      'apostrophe. By default, all sections are exported.',
    params: consumerIdParam,
    body: exportBody,
    answers: () => ({ 202: exportRequested }),
    refusals: ['consumer_not_found', 'too_busy'],
  },
  read: {
    method: 'GET',
    path: '/v1/exports/{exportId}',
    access: 'admin',
    summary: 'Read the status of an export and get a link to its file',
    description:
      'A `running` export has no link yet. Each response for a `completed` export contains a new link, which works for 15 ' +
      'minutes, until `expiresAt`, without a token. A `failed` export has no file: request another one. Exports are removed ' +
      'one day after the request and then return `not_found`.',
    params: exportParams,
    answers: () => ({ 200: exportAnswer }),
    refusals: ['not_found', 'erased'],
  },
} as const satisfies Routes;
