import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { readSettings } from '../../../shared/usecases/organization/settings.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { documentNamed } from '../document.ts';
import { settingsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    settingsRoutes.read,
    deps,
    async ({ params }) => readSettings(deps.store, documentNamed(params.document)),
    ok,
  );
