import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { type ExportDeps, readExport } from '../../../shared/usecases/exports/requests.ts';
import { exportsRoutes } from '../routes.ts';

export const makeHandler = (deps: ExportDeps) =>
  endpoint(exportsRoutes.read, deps, ({ params, now }) => readExport(deps, params.exportId, now), ok);
