/** Exports over a memory store: the endpoints, the workflow steps, and a consumer with data in every section. */
import { strFromU8, unzipSync } from 'fflate';
import { makeHandler as giveUp } from '../../functions/exports/steps/give-up.ts';
import { makeHandler as write } from '../../functions/exports/steps/write.ts';
import { memoryFiles } from '../../shared/data/memory-files.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { ExportDeps } from '../../shared/usecases/exports/requests.ts';
import { withRevision } from '../../shared/usecases/organization/catalogue.ts';
import type { ExportFile } from '../../shared/usecases/ports/files.ts';
import { HEAD, type RecordOf } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type ApiResponse, type Body, namedClient } from './client.ts';
import { depsOn, NOW } from './events.ts';
import { segmentOf } from './groups.ts';
import type { Sent } from './http-event.ts';
import { loyaltyProgram } from './loyalty-program.ts';
import type { OperationId } from './published-answers.ts';

const operations = {
  read: 'exports.read',
  request: 'exports.request',
} as const satisfies Record<string, OperationId>;

export const exporting = (store: Store = memoryStore()) => {
  const files = memoryFiles();
  const deps: ExportDeps = { ...depsOn(store), files };
  const call = namedClient(operations, deps, { now: NOW });
  const asked = (consumerId: string, body: object, other: Sent = {}) =>
    call('request', { params: { consumerId }, body, ...other });
  const found = (exportId: string, now = NOW) => call('read', { method: 'GET', params: { exportId }, now });
  const stepsWith = (other: ExportDeps) => ({ write: write(other), 'give-up': giveUp(other) });
  const written = (exportId: string, other = deps) => stepsWith(other).write({ exportId, now: NOW });
  /** The content of the file: the parsed JSON, or the CSV tables by file name. */
  const contentOf = ({ exportId, format }: ExportFile): Body => {
    const content = files.contentOf({ exportId, format });
    if (content === undefined) throw new Error('the file does not exist');
    if (format === 'json') return JSON.parse(strFromU8(content));
    return Object.fromEntries(Object.entries(unzipSync(content)).map(([name, bytes]) => [name, strFromU8(bytes)]));
  };
  /** Requests an export, writes it and returns the content of the file. */
  const exported = async (consumerId: string, body: { sections?: string[]; format: 'json' | 'csv' }): Promise<Body> => {
    const { exportId } = (await asked(consumerId, body)).body;
    await written(exportId);
    return contentOf({ exportId, format: body.format });
  };
  const record = async (exportId: string) => (await store.get([{ kind: 'export', exportId }], true))[0];
  return { store, files, deps, call, asked, found, stepsWith, written, contentOf, exported, record };
};

/** The first step of an erasure: removes the consumer's head and stores a tombstone. */
export const frozen = async (store: Store, consumerId: string): Promise<void> => {
  const tombstone: RecordOf<'tombstone'> = {
    kind: 'tombstone',
    subjectHash: store.keyedHashOf(consumerId),
    erasureId: 'e1',
    at: NOW,
  };
  await store.commit([
    ...HEAD.map((kind) => ({ remove: { kind, consumerId } })),
    { put: tombstone, expect: 'anything' },
  ]);
};

/** A later step of an erasure: removes the consumer id from exports, and their files. */
export const withdrawn = async ({ store, files }: Pick<ExportDeps, 'store' | 'files'>, consumerId: string) => {
  for (const { consumerId: _, ...found } of await store.exportsOf(consumerId)) {
    const put: RecordOf<'export'> = { ...found, version: found.version + 1, status: 'erased' };
    await store.commit([{ put, expect: 'anything' }]);
    await files.remove(found.exportId);
  }
};

/** Stores a member with data of every kind. */
export const fullLife = async (store: Store, consumerId: string): Promise<void> => {
  const world = loyaltyProgram(store);
  const mustSucceed = async (call: Promise<ApiResponse>): Promise<void> => {
    const { status, body } = await call;
    if (status >= 300) throw new Error(`the call was refused: ${JSON.stringify(body)}`);
  };
  await world.member(consumerId, 0);
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  if (!profile) throw new Error('the consumer does not exist');
  const put: RecordOf<'profile'> = {
    ...profile,
    version: profile.version + 1,
    fullName: '=Ada "the first"',
    email: 'ada@example.com',
    emailVerified: true,
    phone: '+447911123456',
    customAttributes: { size: 'M' },
    answers: { q1: 'from a friend' },
    tags: [{ name: 'VIP', type: 'vip_status' }],
    syncSources: [{ source: 'shop', externalId: 'shop-42', lastSyncedAt: NOW, status: 'synced' }],
  };
  const [settings] = await store.get([{ kind: 'settings' }], true);
  await store.commit([
    { put, expect: 'present' },
    {
      put: { kind: 'list', listId: 'friends', name: 'Friends', version: 1, createdAt: NOW, updatedAt: NOW },
      expect: 'absent',
    },
    { put: withRevision(settings), expect: 'anything' },
  ]);
  await segmentOf(store, 'vips', { name: 'Very important' }, consumerId);
  const [memberships] = await store.get([{ kind: 'memberships', consumerId }], true);
  if (!memberships) throw new Error('the consumer is in no segment');
  const lists = [{ listId: 'friends', addedAt: NOW }];
  await store.commit([{ put: { ...memberships, version: memberships.version + 1, lists }, expect: 'present' }]);
  const steps = { challengeId: 'steps', name: 'Steps', kind: 'custom', points: 5, repeatable: false };
  const goal = { event: 'stroll', measure: 'count', target: 1 };
  await mustSucceed(world.call('createChallenge', { body: { ...steps, goal } }));
  await world.offered({ rewardId: 'mug', name: 'Mug' });
  await mustSucceed(world.give(consumerId, 100));
  await mustSucceed(world.claimed(consumerId, { rewardId: 'mug', claimId: 'claim-1' }));
  for (const [type, attributes] of [
    ['order_placed', { orderId: 'order-1', totalMinor: 1234 }],
    ['stroll', { note: '=1+1' }],
  ] as const) {
    const body = { eventId: `e-${type}`, type, attributes };
    await mustSucceed(world.call('recordEvent', { params: { consumerId }, body }));
  }
  for (const attributes of [
    { experienceId: 'drop-1', distribution: 'draw', outcome: 'won' },
    { experienceId: 'drop-2', distribution: 'queue' },
  ]) {
    const body = { eventId: `e-${attributes.distribution}`, type: 'participated', attributes };
    await mustSucceed(world.call('recordEvent', { params: { consumerId }, body }));
  }
  const consent: RecordOf<'consent'> = {
    kind: 'consent',
    consumerId,
    consentId: 'consent-1',
    at: NOW,
    wordingVersion: 'v1',
    channel: 'email',
    purpose: 'marketing',
    state: 'granted',
    source: 'form',
    method: 'box',
  };
  await store.commit([{ put: consent, expect: 'absent' }]);
};
