import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { exportAnswer, exportRequested } from '../../../functions/exports/schemas.ts';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import { table } from '../../../shared/data/table.ts';
import { EXPORT_SECTIONS } from '../../../shared/domain/exports.ts';
import type { ExportDeps } from '../../../shared/usecases/exports/requests.ts';
import { publishChanges } from '../../../shared/usecases/outbox/publish.ts';
import type { Files } from '../../../shared/usecases/ports/files.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { erasing } from '../../support/erasing.ts';
import { NOW } from '../../support/events.ts';
import { exporting, frozen, fullLife, withdrawn } from '../../support/exporting.ts';
import { joined } from '../../support/loyalty-program.ts';
import { eventOf } from '../../support/records.ts';
import { outputOf } from '../../support/workflow.ts';
import {
  FAULTS,
  failingAnywhere,
  interleavedAnywhere,
  turns,
  untilAnswered,
  withEach,
} from '../../support/wrapped-stores.ts';

const LATER = '2026-03-01T12:15:00.000Z';
const A_DAY_LATER = '2026-03-02T12:00:00.000Z';
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

let world = exporting();
beforeEach(async () => {
  world = exporting();
  await fullLife(world.store, 'c1');
});
const requestExport = async (body: object = { format: 'json' }): Promise<string> =>
  (await world.asked('c1', body)).body.exportId;

describe('a requested export', () => {
  it('returns immediately and is running until its file is written', async () => {
    const response = await world.asked('c1', { format: 'json' });
    expect(response).toMatchObject({ status: 202, body: { status: 'running' } });
    expect(exportRequested.safeParse(response.body).error).toBeUndefined();
    expect(await world.found(response.body.exportId)).toMatchObject({ status: 200, body: response.body });
  });

  it('is the same under the same key, and a new one without a key', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const first = await world.asked('c1', { format: 'json' }, { headers });
    const again = await world.asked('c1', { format: 'json' }, { headers });
    expect(again).toMatchObject({ status: 202, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(codeOf(await world.asked('c1', { format: 'csv' }, { headers }))).toEqual([409, 'idempotency_key_reused']);
    expect((await world.asked('c1', { format: 'json' })).body.exportId).not.toBe(first.body.exportId);
  });

  it.each([
    ['no format', {}, 'format'],
    ['another format', { format: 'pdf' }, 'format'],
    ['no section', { format: 'json', sections: [] }, 'sections'],
    ['a section that is none', { format: 'json', sections: ['profile', 'secrets'] }, 'sections.1'],
    ['something else', { format: 'json', since: NOW }, 'since'],
  ])('is refused with %s', async (_, body, path) => {
    const response = await world.asked('c1', body);
    expect(codeOf(response)).toEqual([422, 'invalid_request']);
    expect(response.body.errors).toMatchObject([{ path }]);
  });

  it('is refused for an unknown and for an erased consumer', async () => {
    expect(codeOf(await world.asked('missing', { format: 'json' }))).toEqual([404, 'consumer_not_found']);
    await frozen(world.store, 'c1');
    expect(codeOf(await world.asked('c1', { format: 'json' }))).toEqual([410, 'erased']);
  });

  it('starts its workflow once, with its id as the only input', async () => {
    const started: unknown[] = [];
    const workflows = { start: async (...call: unknown[]) => void started.push(call) };
    const exportId = await requestExport();
    const after = await world.record(exportId);
    const bus = { publish: async (events: readonly unknown[]) => events.length };
    await publishChanges({ bus, workflows }, [{ at: NOW, before: undefined, after }]);
    await publishChanges({ bus, workflows }, [{ at: NOW, before: after, after }]);
    expect(started).toEqual([['export', `export-${exportId}`, { exportId }]]);
  });
});

describe('a completed export', () => {
  it('contains every section, with each fact in one of them', async () => {
    const { consumerId, exportedAt, sections } = await world.exported('c1', { format: 'json' });
    expect([consumerId, exportedAt, Object.keys(sections)]).toEqual(['c1', NOW, [...EXPORT_SECTIONS]]);
    expect(sections).toMatchObject({
      profile: {
        ...{ fullName: '=Ada "the first"', email: 'ada@example.com', phone: '+447911123456' },
        ...{ customAttributes: { size: 'M' }, answers: { q1: 'from a friend' }, tags: [{ name: 'VIP' }] },
        ...{ customerValue: { orders: 1, lifetimeValueMinor: 1234 } },
      },
      identity: { identityLevel: 'verified', emailVerified: true, phoneVerified: false, membership: 'opted_in' },
      sync_sources: [{ source: 'shop', externalId: 'shop-42', status: 'synced', lastSyncedAt: NOW }],
      consents: [{ consentId: 'consent-1', channel: 'email', state: 'granted', wordingVersion: 'v1', at: NOW }],
      memberships: {
        segments: [{ segmentId: 'vips', name: 'Very important', enteredAt: NOW }],
        lists: [{ listId: 'friends', name: 'Friends', addedAt: NOW }],
      },
      rewards: [{ claimId: 'claim-1', rewardId: 'mug', name: 'Mug', points: 10, cancelledAt: null }],
      challenges: {
        progress: [{ challengeId: 'steps', completions: 1 }],
        completed: [{ challengeId: 'steps', name: 'Steps', points: 5 }],
      },
      participation: [
        { eventId: 'e-draw', occurredAt: NOW, experienceId: 'drop-1', distribution: 'draw', outcome: 'won' },
        { eventId: 'e-queue', occurredAt: NOW, experienceId: 'drop-2', distribution: 'queue', outcome: null },
      ],
    });
    expect(sections.points.entries.map(({ type, points }: { type: string; points: number }) => [type, points])).toEqual(
      [
        ['add', 100],
        ['spend', 10],
        ['add', 5],
      ],
    );
    expect(sections.points.balances).toMatchObject({ available: 95, score: 105, spent: 10 });
    expect(sections.events.map(({ eventId }: { eventId: string }) => eventId).sort()).toEqual(
      expect.arrayContaining(['e-order_placed', 'e-stroll']),
    );
  });

  it.each([
    'ada@example.com',
    '+447911123456',
    'from a friend',
    'shop-42',
    '=1+1',
    'order-1',
    'consent-1',
    '"claim-1","rewardId',
  ])('holds %s once', async (fact) => {
    const text = JSON.stringify((await world.exported('c1', { format: 'json' })).sections);
    expect(text.split(fact)).toHaveLength(2);
  });

  it('as CSV contains a table for each section, without formulas', async () => {
    const tables: Record<string, string> = await world.exported('c1', { format: 'csv' });
    expect(Object.keys(tables)).toEqual(EXPORT_SECTIONS.map((name) => `${name}.csv`));
    const rowsOf = (name: string): string[][] =>
      parse(tables[`${name}.csv`] ?? '', { recordDelimiter: '\r\n', skipEmptyLines: true });
    for (const name of EXPORT_SECTIONS) {
      for (const cell of rowsOf(name).flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
    expect(rowsOf('profile')).toEqual(
      expect.arrayContaining([
        ['field', 'value'],
        ['fullName', '\'=Ada "the first"'],
        ['phone', "'+447911123456"],
        ['customAttributes.size', 'M'],
        ['answers.q1', 'from a friend'],
        ['customerValue.lifetimeValueMinor', '1234'],
      ]),
    );
    expect(rowsOf('memberships')).toEqual([
      ['list', 'segmentId', 'name', 'enteredAt', 'listId', 'addedAt'],
      ['segments', 'vips', 'Very important', NOW, '', ''],
      ['lists', '', 'Friends', '', 'friends', NOW],
    ]);
    const [titles = [], ...entries] = rowsOf('points');
    const lastOf = (title: string) => entries.at(-1)?.[titles.indexOf(title)];
    expect([entries.length, lastOf('points'), lastOf('balances.available'), lastOf('challengeId')]).toEqual([
      ...[3, '5', '95', 'steps'],
    ]);
    const [columns = [], ...events] = rowsOf('events');
    const stroll = events.find(([eventId]) => eventId === 'e-stroll') ?? [];
    expect(JSON.parse(stroll[columns.indexOf('attributes')] ?? '')).toEqual({ note: '=1+1' });
    expect(rowsOf('participation')).toEqual([
      ['eventId', 'occurredAt', 'experienceId', 'distribution', 'outcome'],
      ['e-draw', NOW, 'drop-1', 'draw', 'won'],
      ['e-queue', NOW, 'drop-2', 'queue', ''],
    ]);
  });

  it('as CSV has a column for every field of the JSON rows', async () => {
    const { sections } = await world.exported('c1', { format: 'json' });
    const tables: Record<string, string> = await world.exported('c1', { format: 'csv' });
    const { entries } = sections.points;
    const lists = {
      ...sections,
      points: entries,
      memberships: sections.memberships.segments.concat(sections.memberships.lists),
    };
    let fields = 0;
    for (const name of EXPORT_SECTIONS.filter((one) => Array.isArray(lists[one]))) {
      const columns = tables[`${name}.csv`]?.split('\r\n')[0]?.split(',') ?? [];
      for (const field of lists[name].flatMap((row: object) => Object.keys(row))) {
        expect(columns.some((column) => column === field || column.startsWith(`${field}.`))).toBe(true);
        fields += 1;
      }
    }
    expect(fields).toBeGreaterThan(50);
  });

  it('contains the requested sections once each, in the fixed order', async () => {
    const sections = ['events', 'profile', 'events'];
    const json = await world.exported('c1', { format: 'json', sections });
    expect(Object.keys(json.sections)).toEqual(['profile', 'events']);
    expect(Object.keys(await world.exported('c1', { format: 'csv', sections }))).toEqual(['profile.csv', 'events.csv']);
  });

  it('of a consumer without activity has all sections, empty', async () => {
    await joined(world.store, 'c2');
    const tables = await world.exported('c2', { format: 'csv' });
    for (const name of EXPORT_SECTIONS) expect(tables[`${name}.csv`]).toMatch(/^[\w.]+(,[\w.]+)+\r\n/);
    for (const name of ['customAttributes', 'answers']) expect(tables['profile.csv']).toContain(`\r\n${name},\r\n`);
    const { sections } = await world.exported('c2', { format: 'json' });
    expect(sections).toMatchObject({
      ...{ events: [], rewards: [], consents: [], points: { entries: [], balances: { available: 0 } } },
      ...{ memberships: { segments: [], lists: [] }, challenges: { progress: [], completed: [] }, participation: [] },
    });
  });

  it('returns a new link with each response, valid for 15 minutes', async () => {
    const exportId = await requestExport();
    await world.written(exportId);
    const response = await world.found(exportId);
    expect(exportAnswer.safeParse(response.body).error).toBeUndefined();
    expect(response.body).toMatchObject({ status: 'completed', expiresAt: '2026-03-01T12:15:00.000Z' });
    const later = await world.found(exportId, LATER);
    expect(later.body.expiresAt).toBe('2026-03-01T12:30:00.000Z');
    expect(later.body.downloadUrl).not.toBe(response.body.downloadUrl);
  });

  it('is not found after one day', async () => {
    const exportId = await requestExport();
    await world.written(exportId);
    expect((await world.found(exportId, '2026-03-02T11:59:59.999Z')).status).toBe(200);
    expect(codeOf(await world.found(exportId, A_DAY_LATER))).toEqual([404, 'not_found']);
    expect(codeOf(await world.found('none'))).toEqual([404, 'not_found']);
  });

  it('declares for every kind of record its section or the reason for none, and covers everything that erasure removes', () => {
    const shown = new Set<string>();
    for (const [kind, block] of Object.entries(table)) {
      const isKept = typeof block.erasure === 'object';
      if (isKept) expect({ kind, why: block.export }).toEqual({ kind, why: { leftOut: expect.any(String) } });
      if (typeof block.export === 'string') shown.add(block.export);
      else expect(block.export.leftOut).not.toBe('');
    }
    const ofTheProfile = ['identity', 'sync_sources'];
    const ofEvents = ['participation'];
    expect([...shown, ...ofTheProfile, ...ofEvents].sort()).toEqual([...EXPORT_SECTIONS].sort());
  });
});

describe('an export whose writing', () => {
  it('is repeated is completed once, with the same file', async () => {
    const exportId = await requestExport();
    await world.written(exportId);
    const before = [await world.record(exportId), world.contentOf({ exportId, format: 'json' })];
    expect(await world.written(exportId)).toEqual({ exportId, status: 'completed' });
    expect([await world.record(exportId), world.contentOf({ exportId, format: 'json' })]).toEqual(before);
  });

  it.each([1, 7, 42])('runs twice concurrently is completed, with a complete file (%d)', async (seed) => {
    const exportId = await requestExport();
    const store = interleavedAnywhere(world.store, turns(seed));
    const ended = await Promise.all([1, 2].map(() => world.written(exportId, { ...world.deps, store })));
    expect(ended.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(Object.keys(world.contentOf({ exportId, format: 'json' }).sections)).toHaveLength(EXPORT_SECTIONS.length);
  });

  it.each(FAULTS)('fails %s any call to the table is completed by the next attempt', async (fault) => {
    for (let call = 1; ; call += 1) {
      const exportId = await requestExport();
      const { store, calls } = failingAnywhere(world.store, call, fault);
      await untilAnswered(() => world.written(exportId, { ...world.deps, store }));
      expect((await world.record(exportId))?.status).toBe('completed');
      expect(world.contentOf({ exportId, format: 'json' }).sections.points.entries).toHaveLength(3);
      if (calls.length < call) break;
    }
  });

  it.each(['write', 'remove'] as const)('fails at the bucket (%s) is completed by the next attempt', async (broken) => {
    const exportId = await requestExport();
    let isBroken = true;
    const files: Files = {
      ...world.files,
      [broken]: async (...asked: Parameters<Files['write']>) => {
        if (isBroken) throw new Error('S3 did not answer');
        return world.files.write(...asked);
      },
    };
    await world.written(exportId, { ...world.deps, files }).catch(() => undefined);
    isBroken = false;
    expect(await world.written(exportId, { ...world.deps, files })).toMatchObject({ status: 'completed' });
  });

  it('keeps failing ends as failed, without a file, and fails the workflow', async () => {
    const exportId = await requestExport();
    const broken: ExportDeps = {
      ...world.deps,
      files: { ...world.files, write: () => Promise.reject(new Error('S3 did not answer')) },
    };
    expect(await outputOf('export', world.stepsWith(broken), { exportId })).toBeNull();
    expect((await world.found(exportId)).body).toEqual({ exportId, status: 'failed' });
    expect(await world.files.has(exportId)).toBe(false);
  });

  it('runs in its workflow is completed', async () => {
    const exportId = await requestExport();
    expect(await outputOf('export', world.stepsWith(world.deps), { exportId })).toEqual({
      exportId,
      status: 'completed',
    });
  });
});

describe('an export of an erased consumer', () => {
  it('has no file in the end, whether the erasure comes before, during or after writing', async () => {
    for (let call = 0; ; call += 1) {
      world = exporting(memoryStore());
      await fullLife(world.store, 'c1');
      const exportId = await requestExport();
      let calls = 0;
      // The erasure happens before one of the calls of the writer.
      const store: Store = withEach(world.store, async (ask) => {
        if (calls++ === call) {
          await frozen(world.store, 'c1');
          await withdrawn(world.deps, 'c1');
        }
        return ask();
      });
      await untilAnswered(() => world.written(exportId, { ...world.deps, store }));
      const isOver = calls <= call;
      if (isOver) {
        await frozen(world.store, 'c1');
        await withdrawn(world.deps, 'c1');
      }
      expect(await world.files.has(exportId)).toBe(false);
      const { status, consumerId } = (await world.record(exportId)) ?? {};
      expect([status, consumerId]).toEqual(['erased', undefined]);
      expect(codeOf(await world.found(exportId))).toEqual([410, 'erased']);
      if (isOver) break;
    }
  });

  it('leaves no file after an erasure at any moment, even before its removal step has run', async () => {
    for (let call = 0; ; call += 1) {
      world = exporting(memoryStore());
      await fullLife(world.store, 'c1');
      const exportId = await requestExport();
      let calls = 0;
      const store: Store = withEach(world.store, async (ask) => {
        if (calls++ === call) await frozen(world.store, 'c1');
        return ask();
      });
      const { status } = await untilAnswered(() => world.written(exportId, { ...world.deps, store }));
      if (calls <= call) break;
      expect([status, await world.files.has(exportId)]).toEqual(['erased', false]);
    }
  });

  it('whose erasure has only started ends as erased and is no longer found', async () => {
    const [running, completed] = [await requestExport(), await requestExport()];
    await world.written(completed);
    await frozen(world.store, 'c1');
    expect(codeOf(await world.found(completed))).toEqual([410, 'erased']);
    expect(await world.written(running)).toEqual({ exportId: running, status: 'erased' });
    expect(await world.files.has(running)).toBe(false);
    expect(await world.record(running)).not.toHaveProperty('consumerId');
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('is counted once by the receipt, ended %s the erasure finds it', async (_, isFirst) => {
    await joined(world.store, 'c2');
    const erasure = erasing(world.store);
    const asked = [await world.asked('c2', { format: 'json' }), await world.asked('c2', { format: 'csv' })];
    const ids = asked.map(({ body }) => body.exportId);
    const { erasureId } = (await erasure.asked('c2')).body;
    const end = async () => {
      for (const exportId of ids) await world.written(exportId);
    };
    if (isFirst) await end();
    await erasure.carriedOut(erasureId);
    await end();
    expect(await erasure.receipt(erasureId)).toMatchObject({ status: 'completed', itemsRemoved: { export: 2 } });
  });

  it('without a record leaves no file', async () => {
    const exportId = await requestExport();
    await world.store.commit([{ remove: { kind: 'export', exportId } }]);
    expect(await world.written(exportId)).toEqual({ exportId, status: 'gone' });
    expect(await world.files.has(exportId)).toBe(false);
  });
});

describe('the memory of an export', () => {
  /** The most text that is buffered at once, for a consumer with this many events. */
  const mostHeld = async (events: number, format: 'json' | 'csv'): Promise<number> => {
    const { store, deps, asked, written } = exporting();
    await joined(store, 'c1');
    let [made, handed, most] = [0, 0, 0];
    const note = 'n'.repeat(500);
    const many: Store = {
      ...store,
      historyOf: async function* () {
        for (let n = 0; n < events; n += 1) {
          made += note.length;
          most = Math.max(most, made - handed);
          yield eventOf('c1', { eventId: `e${n}`, attributes: { note } });
        }
      },
    };
    const files: Files = {
      ...deps.files,
      write: async (_, content) => {
        for await (const _chunk of content) handed = made;
      },
    };
    const { exportId } = (await asked('c1', { format, sections: ['events'] })).body;
    await written(exportId, { ...deps, store: many, files });
    return most;
  };

  it('does not grow with the size of the history', async () => {
    const [little, much] = [await mostHeld(500, 'json'), await mostHeld(5_000, 'json')];
    expect([much <= little, much < 100_000]).toEqual([true, true]);
  });

  it('is no larger for tables, which are compressed while they are written', async () => {
    expect(await mostHeld(20_000, 'csv')).toBeLessThan(1_000_000);
  });
});
