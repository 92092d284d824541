import { endpoint } from '../../../shared/edge/endpoint.ts';
import { requestExport } from '../../../shared/usecases/exports/requests.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { exportsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    exportsRoutes.request,
    deps,
    ({ params, body, now }, commit) => requestExport(deps, { ...params, ...body }, now, commit),
    (body) => ({ status: 202, body }),
  );
