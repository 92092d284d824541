/** The consumers' and settings' endpoints over a store in memory, called as the gateway calls them. */
import { makeHandler as addTag } from '../../functions/consumers/endpoints/add-tag.ts';
import { makeHandler as adjustLoyaltyScore } from '../../functions/consumers/endpoints/adjust-loyalty-score.ts';
import { makeHandler as create } from '../../functions/consumers/endpoints/create.ts';
import { makeHandler as edit } from '../../functions/consumers/endpoints/edit.ts';
import { makeHandler as list } from '../../functions/consumers/endpoints/list.ts';
import { makeHandler as lookUp } from '../../functions/consumers/endpoints/look-up.ts';
import { makeHandler as read } from '../../functions/consumers/endpoints/read.ts';
import { makeHandler as removeTag } from '../../functions/consumers/endpoints/remove-tag.ts';
import { makeHandler as setMembership } from '../../functions/consumers/endpoints/set-membership.ts';
import { makeHandler as setSyncSource } from '../../functions/consumers/endpoints/set-sync-source.ts';
import { makeHandler as postPoints } from '../../functions/points/endpoints/post.ts';
import { makeHandler as listSettingsVersions } from '../../functions/settings/endpoints/list-versions.ts';
import { makeHandler as readSettings } from '../../functions/settings/endpoints/read.ts';
import { makeHandler as writeSettings } from '../../functions/settings/endpoints/write.ts';
import { makeHandler as levelUp } from '../../functions/tiers/endpoints/level-up.ts';
import { newUlid } from '../../shared/data/ids.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import type { Sent } from './http-event.ts';
import { httpEvent } from './http-event.ts';

const handlers = {
  addTag,
  adjustLoyaltyScore,
  create,
  edit,
  list,
  lookUp,
  read,
  removeTag,
  setMembership,
  setSyncSource,
  postPoints,
  levelUp,
  listSettingsVersions,
  readSettings,
  writeSettings,
};

/** A body as far as tests look into it. */
export type Body = ReturnType<typeof JSON.parse>;
export interface Told {
  status: number;
  body: Body;
  headers: Record<string, unknown>;
}

export const shop = (store: Store = memoryStore()) => {
  const deps: Deps = { store, newId: newUlid, pause: async () => undefined };
  const call = async (endpoint: keyof typeof handlers, sent: Sent = {}): Promise<Told> => {
    const handler = handlers[endpoint](deps) as unknown as (event: object, context: object) => Promise<HttpResult>;
    const { statusCode = 0, body, headers = {} } = await handler(httpEvent({ path: `/${endpoint}`, ...sent }), {});
    return { status: statusCode, body: body === undefined ? undefined : JSON.parse(String(body)), headers };
  };
  /** A consumer who is there; answers the detail. */
  const born = async (body: object = {}, other: Sent = {}): Promise<Body> => {
    const told = await call('create', { body, ...other });
    if (told.status !== 201) throw new Error(`no consumer was created: ${JSON.stringify(told.body)}`);
    return told.body;
  };
  const patch = (consumerId: string, body: unknown, other: Sent = {}) =>
    call('edit', { method: 'PATCH', params: { consumerId }, body, ...other });
  const detail = (consumerId: string, other: Sent = {}) =>
    call('read', { method: 'GET', params: { consumerId }, ...other });
  return { store, deps, call, born, patch, detail };
};
