/** Endpoints of consumers, points, tiers and settings over a memory store. */
import { newUlid } from '../../shared/data/ids.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type Body, namedClient } from './client.ts';
import type { Sent } from './http-event.ts';
import type { OperationId } from './published-answers.ts';

const operations = {
  addTag: 'consumers.addTag',
  adjustLoyaltyScore: 'consumers.adjustLoyaltyScore',
  create: 'consumers.create',
  edit: 'consumers.edit',
  list: 'consumers.list',
  lookUp: 'consumers.lookUp',
  read: 'consumers.read',
  removeTag: 'consumers.removeTag',
  setMembership: 'consumers.setMembership',
  setSyncSource: 'consumers.setSyncSource',
  postPoints: 'points.post',
  listSettingsVersions: 'settings.listVersions',
  readSettings: 'settings.read',
  writeSettings: 'settings.write',
  levelUp: 'tiers.levelUp',
} as const satisfies Record<string, OperationId>;

export const shop = (store: Store = memoryStore()) => {
  const deps: Deps = { store, newId: newUlid, pause: async () => undefined };
  const call = namedClient(operations, deps);
  /** Creates a consumer and returns the detail. */
  const born = async (body: object = {}, other: Sent = {}): Promise<Body> => {
    const response = await call('create', { body, ...other });
    if (response.status !== 201) throw new Error(`the consumer was refused: ${JSON.stringify(response.body)}`);
    return response.body;
  };
  const patch = (consumerId: string, body: unknown, other: Sent = {}) =>
    call('edit', { method: 'PATCH', params: { consumerId }, body, ...other });
  const detail = (consumerId: string, other: Sent = {}) =>
    call('read', { method: 'GET', params: { consumerId }, ...other });
  return { store, deps, call, born, patch, detail };
};
