import { created, endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Reply } from '../../../shared/edge/idempotency.ts';
import { recordEvent } from '../../../shared/usecases/events/record.ts';
import type { Accepted } from '../../../shared/usecases/events/recording.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { eventsRoutes } from '../routes.ts';
import { timezoneAt } from '../timezone.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    eventsRoutes.record,
    deps,
    ({ params, body, now }, commit) => recordEvent({ ...deps, timezoneAt }, { ...params, now, commit }, body),
    present,
  );

const present = ({ status, event }: Accepted): Reply =>
  status === 'created' ? created(event) : { ...ok(event), headers: { 'idempotent-replayed': 'true' } };
