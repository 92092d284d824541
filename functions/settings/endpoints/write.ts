import { invalid } from '../../../shared/domain/refusal.ts';
import { SETTINGS_DOCUMENTS } from '../../../shared/domain/settings.ts';
import { endpoint, ok, okUnkept } from '../../../shared/edge/endpoint.ts';
import { parsed } from '../../../shared/edge/input.ts';
import { writeSettings } from '../../../shared/usecases/organization/settings.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { simulateTiers } from '../../../shared/usecases/tiers/simulate.ts';
import { documentNamed } from '../document.ts';
import { settingsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    settingsRoutes.write,
    deps,
    async ({ params, query: { dryRun }, body, ifMatch, caller, now }, commit) => {
      const name = documentNamed(params.document);
      if (dryRun && name !== 'tiers') throw invalid('dryRun', 'invalid_value', 'Only tiers can be tried out.');
      if (dryRun) return simulateTiers(deps.store, { value: parsed(SETTINGS_DOCUMENTS.tiers, body), ifMatch, now });
      const value = parsed(SETTINGS_DOCUMENTS[name], body);
      return writeSettings(deps, { name, value, given: Object.keys(body), ifMatch, actor: caller.id, now }, commit);
    },
    // The answer of a dry run is not saved for repetitions.
    (answer) => ('moves' in answer ? okUnkept(answer) : ok(answer)),
  );
