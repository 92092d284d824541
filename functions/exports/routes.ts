/** Exports: everything that is held about a consumer, as a file to hand over. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';
import { exportAnswer, exportBody, exportParams, exportRequested } from './schemas.ts';

export const exportsRoutes = {
  request: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/exports',
    access: 'admin',
    summary: 'Export what is held about a consumer',
    description:
      'The file is written in the background. As `json` it is one document, `{consumerId, exportedAt, sections: {…}}`; as ' +
      '`csv` a zip with a table for each section, in which cells that a spreadsheet would take for formulas begin with an ' +
      'apostrophe. All sections unless some are named.',
    params: consumerIdParam,
    body: exportBody,
    answers: () => ({ 202: exportRequested }),
    refusals: ['consumer_not_found', 'too_busy'],
  },
  read: {
    method: 'GET',
    path: '/v1/exports/{exportId}',
    access: 'admin',
    summary: 'See how far an export is, and get a link to its file',
    description:
      'A `running` one has no link yet. Each answer about a `completed` one holds a new link, which works for 15 minutes, ' +
      'until `expiresAt`, and needs no token. A `failed` one has no file: ask for another. A day after it was asked for, an ' +
      'export is gone, and `not_found`.',
    params: exportParams,
    answers: () => ({ 200: exportAnswer }),
    refusals: ['not_found', 'erased'],
  },
} as const satisfies Routes;
