/** Lists and who is on them, over a store in memory, called as the gateway calls them; and what the stream makes of it. */
import { makeHandler as listConsumers } from '../../functions/consumers/endpoints/list.ts';
import { makeHandler as readConsumer } from '../../functions/consumers/endpoints/read.ts';
import { makeHandler as addMember } from '../../functions/lists/endpoints/add-member.ts';
import { makeHandler as createList } from '../../functions/lists/endpoints/create.ts';
import { makeHandler as listLists } from '../../functions/lists/endpoints/list.ts';
import { makeHandler as listMembers } from '../../functions/lists/endpoints/list-members.ts';
import { makeHandler as readList } from '../../functions/lists/endpoints/read.ts';
import { makeHandler as removeList } from '../../functions/lists/endpoints/remove.ts';
import { makeHandler as removeMember } from '../../functions/lists/endpoints/remove-member.ts';
import { makeHandler as replaceList } from '../../functions/lists/endpoints/replace.ts';
import { makeHandler as cleanUp } from '../../functions/lists/steps/clean-up.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import { countMembers } from '../../shared/usecases/groups/count-members.ts';
import { renameMembers } from '../../shared/usecases/groups/rename-members.ts';
import { withRevision } from '../../shared/usecases/organization/catalogue.ts';
import type { RecordOf, SegmentUnit } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { depsOn, NOW, streaming } from './events.ts';
import { httpEvent, type Sent } from './http-event.ts';
import { joined } from './programme.ts';
import type { Body, Told } from './shop.ts';

const handlers = {
  ...{ createList, listLists, readList, replaceList, removeList, listMembers, addMember, removeMember },
  ...{ listConsumers, readConsumer },
};
type Other = Omit<Sent, 'body' | 'params'>;

export const groups = (plain: Store = memoryStore(), wrap: (store: Store) => Store = (store) => store) => {
  const { store: told, changes } = streaming(plain);
  const store = wrap(told);
  const deps = depsOn(store);
  const call = async (endpoint: keyof typeof handlers, sent: Sent = {}): Promise<Told> => {
    const handler = handlers[endpoint](deps) as unknown as (event: object, context: object) => Promise<HttpResult>;
    const event = httpEvent({ now: NOW, path: `/${endpoint}`, ...sent });
    const { statusCode = 0, body, headers = {} } = await handler(event, {});
    return { status: statusCode, body: body === undefined ? undefined : JSON.parse(String(body)), headers };
  };
  const get = (endpoint: keyof typeof handlers, params: Record<string, string>, query = '') =>
    call(endpoint, { method: 'GET', params, query });
  /** A list that is there; answers the whole resource. */
  const made = async (listId: string, name = listId): Promise<Body> => {
    const answer = await call('createList', { body: { listId, name } });
    if (answer.status !== 201) throw new Error(`no list was created: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const member =
    (method: 'PUT' | 'DELETE') =>
    (listId: string, consumerId: string, other: Other = {}) =>
      call(method === 'PUT' ? 'addMember' : 'removeMember', { method, params: { listId, consumerId }, ...other });
  const remove = (listId: string, other: Other = {}) =>
    call('removeList', { method: 'DELETE', params: { listId }, ...other });
  const membersOf = async (listId: string): Promise<string[]> =>
    (await get('listMembers', { listId }, 'limit=100')).body.items.map(({ consumerId }: Body) => consumerId);
  /** Consumers with these ids, members of the programme. */
  const born = async (...consumerIds: string[]) => {
    for (const consumerId of consumerIds) await joined(store, consumerId);
  };
  /** What the stream's consumer does with the changes until now. */
  const delivered = async () => {
    const batch = changes.splice(0);
    await countMembers(deps, batch);
    await renameMembers(deps, batch);
    changes.splice(0);
    return batch;
  };
  const cleanedUp = (listId: string, isLast = true) => cleanUp(deps)({ listId, isLast });
  return {
    ...{ store, deps, changes, call, get, made, remove, membersOf, born, delivered, cleanedUp },
    ...{ added: member('PUT'), takenOff: member('DELETE') },
  };
};

/** A segment whose members are told, with these in it. */
export const segmentOf = async (
  store: Store,
  segmentId: string,
  { unit = 7, rule = null, ...other }: Partial<SegmentUnit> & Partial<RecordOf<'segment'>> = {},
  ...consumerIds: string[]
) => {
  const [settings] = await store.get([{ kind: 'settings' }], true);
  const segment: RecordOf<'segment'> = {
    ...{ kind: 'segment', segmentId, name: segmentId, source: 'rule', version: 1, createdAt: NOW, updatedAt: NOW },
    ...{ live: { unit, rule }, next: null, last: null, refreshedAt: NOW, ...other },
  };
  await store.commit([segment, withRevision(settings)].map((put) => ({ put, expect: 'anything' })));
  for (const consumerId of consumerIds) {
    const [before] = await store.get([{ kind: 'memberships', consumerId }], true);
    const units = { ...before?.units, [unit]: NOW };
    const memberships: RecordOf<'memberships'> = {
      ...(before ?? { kind: 'memberships', consumerId, lists: [], dueAt: null }),
      ...{ version: (before?.version ?? 0) + 1, units },
    };
    const named = { fullName: null, email: null };
    await store.commit([
      { put: { kind: 'member', consumerId, unit, segmentId, enteredAt: NOW, ...named }, expect: 'anything' },
      { put: memberships, expect: 'anything' },
    ]);
  }
};
