import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { recordBatch } from '../../../shared/usecases/events/batch.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { itemsOf, type KeptBatch, presentBatch, withIds, withoutIds } from '../batch.ts';
import { eventsRoutes } from '../routes.ts';
import { timezoneAt } from '../timezone.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    eventsRoutes.recordBatch,
    deps,
    async ({ body, now, keyHash, requestId }) => {
      const { items, refused } = await itemsOf(deps.store, body.events);
      const outcomes = await recordBatch({ ...deps, timezoneAt }, { now, keyHash }, items);
      return presentBatch(body.events.length, new Map([...outcomes, ...refused]), requestId);
    },
    (body) => ({ ...ok(body), kept: withoutIds(body) }),
    (kept, { body: { events }, ...asked }) => withIds(deps.store, kept as KeptBatch, { events, ...asked }),
  );
