/** Lists and who is on them, over a store in memory, called as the gateway calls them; and what the stream makes of it. */
import { makeHandler as cleanUp } from '../../functions/lists/steps/clean-up.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { countMembers } from '../../shared/usecases/groups/count-members.ts';
import { renameMembers } from '../../shared/usecases/groups/rename-members.ts';
import { withRevision } from '../../shared/usecases/organization/catalogue.ts';
import type { RecordOf, RuleVersion } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type Body, namedClient } from './client.ts';
import { depsOn, NOW, streaming } from './events.ts';
import type { Sent } from './http-event.ts';
import { joined } from './loyalty-program.ts';
import type { OperationId } from './published-answers.ts';

const operations = {
  listConsumers: 'consumers.list',
  readConsumer: 'consumers.read',
  addMember: 'lists.addMember',
  createList: 'lists.create',
  listLists: 'lists.list',
  listMembers: 'lists.listMembers',
  readList: 'lists.read',
  removeList: 'lists.remove',
  removeMember: 'lists.removeMember',
  replaceList: 'lists.replace',
} as const satisfies Record<string, OperationId>;
type Other = Omit<Sent, 'body' | 'params'>;

export const groups = (plain: Store = memoryStore(), wrap: (store: Store) => Store = (store) => store) => {
  const { store: told, changes } = streaming(plain);
  const store = wrap(told);
  const deps = depsOn(store);
  const call = namedClient(operations, deps, { now: NOW });
  const get = (endpoint: keyof typeof operations, params: Record<string, string>, query = '') =>
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
  { number: unit = 7, rule = null, ...other }: Partial<RuleVersion> & Partial<RecordOf<'segment'>> = {},
  ...consumerIds: string[]
) => {
  const [settings] = await store.get([{ kind: 'settings' }], true);
  const segment: RecordOf<'segment'> = {
    ...{ kind: 'segment', segmentId, name: segmentId, source: 'rule', version: 1, createdAt: NOW, updatedAt: NOW },
    ...{ live: { number: unit, rule }, filling: null, retiring: null, refreshedAt: NOW, ...other },
  };
  await store.commit([segment, withRevision(settings)].map((put) => ({ put, expect: 'anything' })));
  for (const consumerId of consumerIds) {
    const [before] = await store.get([{ kind: 'memberships', consumerId }], true);
    const units = { ...before?.ruleVersions, [unit]: NOW };
    const memberships: RecordOf<'memberships'> = {
      ...(before ?? { kind: 'memberships', consumerId, lists: [], dueAt: null }),
      ...{ version: (before?.version ?? 0) + 1, ruleVersions: units },
    };
    const named = { fullName: null, email: null };
    await store.commit([
      {
        put: { kind: 'member', consumerId, ruleVersion: unit, segmentId, enteredAt: NOW, ...named },
        expect: 'anything',
      },
      { put: memberships, expect: 'anything' },
    ]);
  }
};
