import { describe, expect, it } from '@jest/globals';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import { rebuildSummary } from '../../../shared/usecases/insights/rebuild-summary.ts';
import { bookTime } from '../../../shared/usecases/points/book-time.ts';
import { refreshEveryone } from '../../../shared/usecases/segments/refresh/everyone.ts';
import { renewPercentiles } from '../../../shared/usecases/segments/refresh/percentiles.ts';
import type { Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { loyaltyProgram } from '../../support/loyalty-program.ts';
import { expectTruth, flipsOf, flipsOnBus, membershipsOf, membersOf } from '../../support/segment-truth.ts';
import { type World, world } from '../../support/segments.ts';

const TAGGED = { all: [{ attribute: 'tags', operator: 'contains', value: 'vip' }] };
const OLD = { attribute: 'tags', operator: 'contains', value: 'old' };
const RECENT = { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 30 } };
const naming = (segmentId: string) => ({ attribute: 'segments', operator: 'contains', value: segmentId });
const HOUR_MS = DAY_MS / 24;
const later = (ms: number, from = NOW) => instantOf(msOf(from) + ms);
const idsOf = ({ items }: Body): string[] => items.map((item: Body) => item.consumerId ?? item.segmentId);

/** Three consumers, the first of them tagged, the second with an order. */
const peopled = async (): Promise<World> => {
  const w = world();
  await w.born('c1', 'c2', 'c3');
  await w.tagged('c1', 'vip');
  await w.ordered('c2', 'o1');
  return w;
};

describe('a segment', () => {
  it('is answered at once, and live with all its members when the backfill has run', async () => {
    const w = await peopled();
    const told = await w.create('vips', TAGGED, 'Very important');
    const made = { segmentId: 'vips', name: 'Very important', rule: TAGGED, source: 'rule', version: 1 };
    const asked = { ...made, createdAt: NOW, updatedAt: NOW };
    const filling = { status: 'backfilling', progressPercent: 0, memberCount: 0, refreshedAt: null };
    expect(told).toMatchObject({ status: 201, body: { ...asked, ...filling }, headers: { etag: '"1"' } });
    expect((await w.get('listMembers', { segmentId: 'vips' })).body).toEqual({ items: [], nextCursor: null });
    w.clock.now = later(1_000);
    await w.settled();
    const live = { status: 'live', progressPercent: 100, memberCount: 1, refreshedAt: later(1_000) };
    expect(await w.read('vips')).toEqual({ ...asked, ...live });
  });

  it('has an id of its own where none is chosen', async () => {
    const told = await world().call('createSegment', { body: { name: 'VIPs', rule: TAGGED } });
    expect(told.body.segmentId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('says how far its backfill is', async () => {
    const w = await peopled();
    await w.create('vips', TAGGED);
    const { slices } = await w.steps.claim('run');
    const seen: number[] = [];
    for (const slice of slices) {
      await w.steps.fill(slice);
      seen.push((await w.read('vips')).progressPercent);
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([13, 99]);
    expect(await w.read('vips')).toMatchObject({ status: 'backfilling', memberCount: 0 });
    // What comes meanwhile waits for the next run.
    expect((await w.create('others', OLD)).body).toMatchObject({ status: 'backfilling', progressPercent: 0 });
    await w.steps.live([1]);
    expect([(await w.read('vips')).progressPercent, (await w.read('others')).progressPercent]).toEqual([100, 0]);
  });

  it('says it by how many consumers there are, once that is known', async () => {
    const w = await peopled();
    await w.create('vips', TAGGED);
    await w.settled();
    await w.create('others', OLD);
    const { slices } = await w.steps.claim('run');
    const seen: number[] = [];
    for (const slice of slices) {
      await w.steps.fill(slice);
      seen.push((await w.read('others')).progressPercent);
    }
    // One of the three has a slice for itself, two share another.
    expect([...new Set(seen)]).toEqual([0, 33, 99]);
  });

  it('is listed in the order of the ids, page by page', async () => {
    const w = world();
    for (const id of ['b', 'd', 'a', 'c']) await w.create(id, TAGGED);
    const first = await w.get('listSegments', {}, 'limit=3');
    expect(idsOf(first.body)).toEqual(['a', 'b', 'c']);
    const rest = await w.get('listSegments', {}, `limit=3&cursor=${first.body.nextCursor}`);
    expect([idsOf(rest.body), rest.body.nextCursor]).toEqual([['d'], null]);
    expect((await w.get('listSegments', {}, 'cursor=forged')).body.code).toBe('invalid_cursor');
  });

  it('keeps its id for itself', async () => {
    const w = world();
    await w.create('vips', TAGGED);
    expect(await w.create('vips', OLD)).toMatchObject({ status: 409, body: { code: 'id_taken' } });
    expect((await w.read('vips')).rule).toEqual(TAGGED);
  });

  it.each<[string, (w: World) => Promise<{ status: number; body: Body }>]>([
    ['read', (w) => w.get('readSegment', { segmentId: 'x' })],
    ['edited', (w) => w.edit('x', TAGGED)],
    ['deleted', (w) => w.remove('x')],
    ['asked for members', (w) => w.get('listMembers', { segmentId: 'x' })],
    ['explained', (w) => w.get('explain', { segmentId: 'x', consumerId: 'c1' })],
    ['tried another rule for', (w) => w.call('preview', { body: { segmentId: 'x', rule: TAGGED } })],
  ])('that is not there is not %s', async (_, ask) => {
    expect(await ask(await peopled())).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('is edited by whoever has seen its last version, which no backfill changes', async () => {
    const w = await peopled();
    await w.create('vips', TAGGED);
    await w.settled();
    const seen = (version: number) => ({ headers: { 'if-match': `"${version}"` } });
    expect(await w.edit('vips', OLD, seen(1))).toMatchObject({ status: 200, body: { version: 2 } });
    await w.settled();
    expect(await w.edit('vips', TAGGED, seen(1))).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    expect(await w.remove('vips', seen(1))).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    expect((await w.remove('vips', seen(2))).status).toBe(204);
    expect((await w.get('readSegment', { segmentId: 'vips' })).status).toBe(404);
  });

  it('is made once under one key', async () => {
    const w = world();
    const key = { headers: { 'idempotency-key': 'k' }, body: { name: 'VIPs', rule: TAGGED } };
    const [one, two] = [await w.call('createSegment', key), await w.call('createSegment', key)];
    expect([two.body, two.headers['idempotent-replayed']]).toEqual([one.body, 'true']);
    expect(idsOf((await w.get('listSegments')).body)).toHaveLength(1);
  });

  it('that is only renamed is not filled again', async () => {
    const w = await peopled();
    await w.create('vips', TAGGED);
    await w.settled();
    const [before, started] = [await w.read('vips'), w.started.length];
    w.clock.now = later(DAY_MS);
    const told = await w.edit('vips', TAGGED, { name: 'VIPs' });
    expect(told.body).toEqual({ ...before, name: 'VIPs', version: 2, updatedAt: later(DAY_MS) });
    await w.settled();
    expect(w.started).toHaveLength(started);
    const { body } = await w.shopping.detail('c1', { now: w.clock.now });
    expect(body.segments).toEqual([{ segmentId: 'vips', name: 'VIPs', enteredAt: NOW }]);
  });

  it('shows its new rule, and tells the members of the old one until the new ones stand', async () => {
    const w = await peopled();
    await w.create('s', TAGGED);
    await w.settled();
    const told = await w.edit('s', RECENT);
    expect(told.body).toMatchObject({ rule: RECENT, status: 'backfilling', memberCount: 1, refreshedAt: NOW });
    await w.delivered();
    expect(await membersOf(w.store, 's')).toEqual(['c1']);
    await w.settled();
    expect(await membersOf(w.store, 's')).toEqual(['c2']);
    expect(await w.read('s')).toMatchObject({ status: 'live', memberCount: 1 });
  });

  it('that is edited there and back, while it is filled, has the members of the last rule, and nobody is told more', async () => {
    const w = await peopled();
    await w.create('s', TAGGED);
    await w.settled();
    await w.edit('s', RECENT);
    const { slices } = await w.steps.claim('run');
    for (const slice of slices.slice(0, 5)) await w.steps.fill(slice);
    await w.edit('s', TAGGED);
    for (const slice of slices.slice(5)) await w.steps.fill(slice);
    await w.steps.live([2]);
    await w.settled();
    w.clock.now = later(21 * MINUTE_MS);
    await w.minute();
    await w.settled();
    expect(await w.read('s')).toMatchObject({ status: 'live', rule: TAGGED, memberCount: 1 });
    expect(await membersOf(w.store, 's')).toEqual(['c1']);
    expect(await flipsOf(w.store, 'c1')).toHaveLength(1);
    expect(await flipsOf(w.store, 'c2')).toEqual([]);
    expect((await membershipsOf(w.store, 'c2'))?.ruleVersions).toEqual({});
  });
});

describe('a rule', () => {
  const nested = (levels: number): object => (levels === 0 ? OLD : { all: [nested(levels - 1)] });
  const many = (count: number, condition: object = OLD) => ({ any: Array.from({ length: count }, () => condition) });
  const asking = (nth: number) => ({ ...RECENT, within: { days: nth + 1 } });
  const long = { attribute: 'fullName', operator: 'in', value: Array.from({ length: 90 }, () => 'x'.repeat(1_000)) };

  it.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'rule', 'required'],
    ['no object', 'vip', 'rule', 'wrong_type'],
    ['neither group nor condition', {}, 'rule', 'required'],
    ['both', { all: [OLD], any: [OLD] }, 'rule', 'invalid_value'],
    ['an empty group', { all: [{ any: [] }] }, 'rule.all.0.any', 'too_short'],
    [
      'an attribute that there is not',
      { not: { ...OLD, attribute: 'shoeSize' } },
      'rule.not.attribute',
      'invalid_value',
    ],
    [
      'an operator that does not fit',
      { all: [OLD, { ...OLD, operator: 'gt' }] },
      'rule.all.1.operator',
      'invalid_value',
    ],
    ['a value that does not fit', { ...OLD, value: 7 }, 'rule.value', 'wrong_type'],
    ['a field too many', { ...OLD, colour: 'red' }, 'rule.colour', 'unknown_field'],
    ['65 levels', nested(65), `rule${'.all.0'.repeat(64)}.all`, 'too_big'],
    ['1,001 conditions', many(1_001), 'rule.any', 'too_long'],
    ['200 KB', { any: [long, long, { ...long, value: long.value.slice(80) }] }, 'rule', 'too_long'],
    ['what is recorded by the service itself', { ...RECENT, event: 'segment_entered' }, 'rule', 'invalid_value'],
  ])('of %s is refused, by its path', async (_, rule, path, code) => {
    const w = world();
    await w.create('s', OLD);
    const answers = [await w.create('t', rule), await w.edit('s', rule)];
    if (path !== 'rule' || code !== 'too_long') answers.push(await w.call('preview', { body: { rule } }));
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([422, 'invalid_request']);
      expect(body.errors).toContainEqual({ path, code, message: expect.any(String) });
    }
    expect(idsOf((await w.get('listSegments')).body)).toEqual(['s']);
  });

  it('of 10,000 levels is refused, by its path', async () => {
    const rule = `${'{"all":['.repeat(10_000)}${JSON.stringify(OLD)}${']}'.repeat(10_000)}`;
    const told = await world().call('createSegment', { body: `{"name":"s","rule":${rule}}` });
    expect(told).toMatchObject({ status: 422, body: { errors: [{ path: 'rule', code: 'too_big' }] } });
  });

  const large = { any: [long, { ...long, value: long.value.slice(10) }] };
  it.each<[string, object, object]>([
    ['64 levels', nested(64), { not: nested(63) }],
    ['1,000 conditions', many(1_000), { not: many(1_000) }],
    ['170 KB', large, { not: large }],
  ])('of %s is filled, and edited into another such', async (_, rule, other) => {
    const w = world();
    await w.born('c1');
    expect((await w.create('s', rule)).status).toBe(201);
    await w.settled();
    expect(await membersOf(w.store, 's')).toEqual([]);
    expect((await w.edit('s', other)).status).toBe(200);
    await w.settled();
    expect(await membersOf(w.store, 's')).toEqual(['c1']);
  });

  it('asks at most so much of events, with all others', async () => {
    const w = world();
    const refused = { status: 409, body: { code: 'limit_reached' } };
    const all = Array.from({ length: 201 }, (_, nth) => asking(nth));
    expect(await w.create('s', { any: all })).toMatchObject(refused);
    expect((await w.create('s', { any: all.slice(0, 150) })).status).toBe(201);
    expect((await w.create('t', { any: all.slice(100, 200) })).status).toBe(201);
    expect(await w.create('u', { any: all.slice(200) })).toMatchObject(refused);
    expect((await w.remove('s')).status).toBe(204);
    expect((await w.create('u', { any: all.slice(200) })).status).toBe(201);
    const where = [{ attribute: 'note', operator: 'in', value: long.value }];
    expect(await w.create('v', { ...RECENT, where })).toMatchObject(refused);
  });

  it('that leads back to its own segment is refused, by whichever way', async () => {
    const w = world();
    const circle = { status: 422, body: { code: 'segment_cycle', errors: [{ path: 'rule', code: 'invalid_value' }] } };
    expect(await w.create('a', naming('a'))).toMatchObject(circle);
    expect((await w.create('a', naming('b'))).status).toBe(201);
    expect((await w.create('c', { not: naming('a') })).status).toBe(201);
    expect(await w.create('b', { all: [OLD, { any: [naming('c')] }] })).toMatchObject(circle);
    expect((await w.create('b', OLD)).status).toBe(201);
    await w.settled();
    expect(await w.edit('b', { ...naming('c'), operator: 'not_contains_any', value: ['x', 'c'] })).toMatchObject(
      circle,
    );
    expect((await w.edit('a', OLD)).status).toBe(200);
    expect((await w.edit('b', naming('c'))).status).toBe(200);
    await w.settled();
    for (const id of ['a', 'b', 'c']) expect((await w.read(id)).status).toBe('live');
  });

  it('of a built-in audience makes a segment as it is', async () => {
    const w = await peopled();
    const { body } = await w.get('listTemplates');
    expect(body.items.map((item: Body) => item.templateId)).toEqual(['vip', 'recent_buyers', 'high_spenders', 'local']);
    for (const { templateId, name, rule } of body.items)
      expect((await w.create(templateId, rule, name)).status).toBe(201);
    await w.settled();
    expect(await membersOf(w.store, 'recent_buyers')).toEqual(['c2']);
    expect((await w.get('listAttributes')).body.items).toContainEqual(
      expect.objectContaining({ name: 'points.available', kind: 'number', unit: 'points' }),
    );
  });
});

describe('a segment that others use', () => {
  it('is not deleted, and they are named', async () => {
    const w = await peopled();
    for (const id of ['vips', 'VIPs', 'other']) await w.create(id, TAGGED);
    await w.settled();
    const audience = { segments: ['vips'], lists: [] };
    const { offered, call } = loyaltyProgram(w.store);
    await offered({ audience });
    const goal = { event: 'visit', measure: 'count', target: 1 };
    const challenge = { name: 'Come by', kind: 'custom', goal, points: 1, repeatable: false };
    await call('createChallenge', { body: { challengeId: 'visits', ...challenge, audience } });
    const rules = [{ ruleId: 'r1', event: 'visit', points: 1, audience }];
    await w.shopping.call('writeSettings', { method: 'PUT', params: { document: 'earning-rules' }, body: { rules } });
    await w.create('named', { not: { any: [OLD, naming('vips')] } });
    await w.settled();
    await w.edit('other', { all: [naming('vips')] });
    const users = ['reward:r1', 'challenge:visits', 'earning-rule:r1', 'segment:named', 'segment:other'];
    expect(await w.remove('vips')).toMatchObject({ status: 409, body: { code: 'in_use', reasons: users } });
    // As long as the rule is told that names it.
    await w.edit('named', OLD);
    expect((await w.remove('vips')).body.reasons).toContain('segment:named');
    await w.settled();
    expect((await w.remove('vips')).body.reasons).not.toContain('segment:named');
    expect((await w.remove('VIPs')).status).toBe(204);
  });
});

describe('the members of a segment', () => {
  it('come page by page in the order of their ids, as they are called now', async () => {
    const w = world();
    const ids = Array.from({ length: 7 }, (_, nth) => `c${nth}`);
    await w.born(...ids);
    await w.create('s', { not: OLD });
    await w.settled();
    await w.patched('c3', { fullName: 'Cleo', email: 'cleo@example.com' });
    await w.tagged('c5', 'old');
    await w.settled();
    const ask = (query: string) => w.get('listMembers', { segmentId: 's' }, query);
    const first = (await ask('limit=4')).body;
    const rest = (await ask(`limit=4&cursor=${first.nextCursor}`)).body;
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(ids.filter((id) => id !== 'c5'));
    expect(rest.nextCursor).toBeNull();
    expect(first.items[3]).toEqual({ consumerId: 'c3', fullName: 'Cleo', email: 'cleo@example.com', enteredAt: NOW });
    expect((await ask('cursor=x')).body.code).toBe('invalid_cursor');
    expect((await ask('limit=101')).body.code).toBe('limit_out_of_range');
    await w.create('t', { not: OLD });
    expect((await w.get('listMembers', { segmentId: 't' }, `cursor=${first.nextCursor}`)).status).toBe(200);
  });

  it('are let go when it is deleted, and told so', async () => {
    const w = await peopled();
    await w.create('s', { not: OLD });
    await w.create('t', TAGGED);
    await w.settled();
    w.clock.now = later(DAY_MS);
    expect((await w.remove('s')).status).toBe(204);
    expect((await w.shopping.detail('c1', { now: w.clock.now })).body.segments).toMatchObject([{ segmentId: 't' }]);
    await w.settled();
    for (const id of ['c1', 'c2', 'c3']) {
      expect((await flipsOf(w.store, id)).filter(({ segmentId }) => segmentId === 's')).toMatchObject([
        { entered: true, at: NOW },
        { entered: false, at: later(DAY_MS), cause: 'rule_edited' },
      ]);
      expect(Object.keys((await membershipsOf(w.store, id))?.ruleVersions ?? {})).toEqual(id === 'c1' ? ['2'] : []);
    }
    expect((await w.store.membersOfRuleVersion(1, { limit: 10 })).items).toEqual([]);
  });
});

describe('each flip', () => {
  const LIST = { attribute: 'lists', operator: 'contains', value: 'friends' };
  const RICH = { attribute: 'points.available', operator: 'gte', value: 50 };
  const TOP = { attribute: 'rfm.monetary.percentile', operator: 'gte', value: 40 };
  const at = later(90_500);

  it.each<[string, object, (w: World) => Promise<unknown>, object]>([
    ['a change of the profile', TAGGED, (w) => w.tagged('c3', 'vip'), { at, cause: 'change' }],
    ['an event', RECENT, (w) => w.ordered('c3', 'o1'), { at, cause: 'change' }],
    ['points', RICH, (w) => w.posted('c3', { type: 'add', points: 50 }), { at, cause: 'change' }],
    ['a list', LIST, (w) => w.added('friends', 'c3'), { at, cause: 'list' }],
    ['an edit', OLD, (w) => w.edit('s', { not: OLD }), { at, cause: 'rule_edited' }],
    [
      'a renewed summary',
      TOP,
      async (w) => {
        await w.ordered('c3', 'o1');
        await w.delivered();
        await rebuildSummary(w.deps, { now: w.clock.now, always: true });
        await renewPercentiles(w.deps, { now: w.clock.now, isRebuilt: true });
      },
      { at, cause: 'summary' },
    ],
  ])('says when it was and by what: %s', async (_, rule, happen, told) => {
    const w = world();
    await w.born('c3');
    await w.listed('friends');
    await w.create('s', rule);
    await w.settled();
    w.clock.now = at;
    await happen(w);
    await w.settled();
    const flips = [{ segmentId: 's', entered: true, ...told }];
    expect(await flipsOf(w.store, 'c3')).toEqual(flips);
    expect(flipsOnBus(w.bus, 'c3')).toEqual(flips);
    expect((await w.shopping.detail('c3', { now: at })).body.segments).toMatchObject([{ enteredAt: at }]);
    const events = await w.store.eventsOf('c3', { limit: 10, type: 'segment_entered' });
    expect(events.items).toMatchObject([{ occurredAt: at, attributes: { segmentId: 's' } }]);
  });

  it('from before its rule went live is told to nobody who stands as it stood', async () => {
    const w = world();
    await w.born('c1');
    await w.ordered('c1', 'o1');
    await w.create('s', { attribute: 'purchaseRecency.status', operator: 'neq', value: 'active' });
    w.clock.now = later(30 * DAY_MS + 60_000);
    await w.settled();
    await w.jobs();
    await w.settled();
    const entered = { segmentId: 's', entered: true, at: NOW, cause: 'rule_edited' };
    expect(await flipsOf(w.store, 'c1')).toEqual([entered]);
    expect(flipsOnBus(w.bus, 'c1')).toEqual([entered]);
    expect((await membershipsOf(w.store, 'c1'))?.ruleVersions).toEqual({ 1: NOW });
    await expectTruth(w, ['c1']);
  });

  it('of an expiry of points has its instant, whichever job of the minute comes first', async () => {
    for (const jobs of ['points first', 'points and what follows first', 'segments first']) {
      const w = world();
      await w.born('c1');
      for (const [id, value] of [
        ['s50', 50],
        ['s100', 100],
      ] as const)
        await w.create(id, { ...RICH, value });
      await w.settled();
      await w.posted('c1', { type: 'add', points: 60, expiresAt: later(130_250) });
      await w.posted('c1', { type: 'add', points: 60, expiresAt: later(2 * DAY_MS) });
      await w.settled();
      w.clock.now = later(3 * MINUTE_MS);
      const book = () => bookTime(w.deps, { now: w.clock.now, most: 10 });
      if (jobs !== 'segments first') await book();
      if (jobs === 'points and what follows first') await w.delivered();
      await w.minute();
      await book();
      await w.settled();
      const left = (await flipsOf(w.store, 'c1')).filter(({ entered }) => !entered);
      expect([jobs, left]).toEqual([jobs, [{ segmentId: 's100', entered: false, at: later(130_250), cause: 'time' }]]);
    }
  });

  it('of an expiry that is booked late is not told as of long ago', async () => {
    const w = world();
    await w.born('c1');
    await w.posted('c1', { type: 'add', points: 60, expiresAt: later(3 * HOUR_MS) });
    await w.ordered('c1', 'o1');
    await w.passed(DAY_MS, false);
    const value = { days: 1 };
    await w.create('last', { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value });
    await w.create('poor', { not: RICH });
    await w.settled();
    await w.jobs();
    await w.settled();
    expect(await flipsOf(w.store, 'c1')).toMatchObject([{ segmentId: 'poor', entered: true, at: w.clock.now }]);
    expect((await membershipsOf(w.store, 'c1'))?.dueAt).toBeNull();
  });

  it('keeps to itself where a hundred segments flip at once', async () => {
    const w = world();
    await w.born('c1');
    const ids = Array.from({ length: 100 }, (_, nth) => `s${nth}`);
    for (const id of ids) await w.create(id, { all: [TAGGED, { not: { ...OLD, value: id } }] });
    await w.settled();
    w.clock.now = at;
    await w.tagged('c1', 'vip');
    await w.settled();
    const told = await flipsOf(w.store, 'c1');
    expect(told.map(({ segmentId }) => segmentId).sort()).toEqual(ids.toSorted());
    for (const flip of told) expect(flip).toMatchObject({ entered: true, at, cause: 'change' });
    expect(flipsOnBus(w.bus, 'c1')).toHaveLength(100);
    w.clock.now = later(1_000, at);
    await w.tagged('c1');
    await w.settled();
    expect((await flipsOf(w.store, 'c1')).slice(100)).toHaveLength(100);
    expect(await membershipsOf(w.store, 'c1')).toMatchObject({ ruleVersions: {}, dueAt: null });
    await w.tagged('c1', 'vip');
    await w.delivered();
    for (const id of ids) await w.remove(id);
    await w.settled();
    expect((await flipsOf(w.store, 'c1')).slice(300).map(({ entered }) => entered)).toEqual(Array(100).fill(false));
    expect(await membershipsOf(w.store, 'c1')).toMatchObject({ ruleVersions: {} });
  });

  it('is told of those alone whom an edit moves: who stays has entered before it', async () => {
    const w = await peopled();
    await w.create('s', { any: [TAGGED, OLD] });
    await w.settled();
    w.clock.now = later(DAY_MS);
    await w.tagged('c3', 'old');
    await w.settled();
    w.clock.now = later(2 * DAY_MS);
    await w.edit('s', { any: [RECENT, TAGGED] });
    await w.settled();
    const { body } = await w.get('listMembers', { segmentId: 's' });
    expect(body.items).toMatchObject([
      { consumerId: 'c1', enteredAt: NOW },
      { consumerId: 'c2', enteredAt: later(2 * DAY_MS) },
    ]);
    const moved = { segmentId: 's', at: later(2 * DAY_MS), cause: 'rule_edited' };
    expect(await flipsOf(w.store, 'c1')).toHaveLength(1);
    expect(await flipsOf(w.store, 'c2')).toEqual([{ ...moved, entered: true }]);
    expect((await flipsOf(w.store, 'c3')).slice(1)).toEqual([{ ...moved, entered: false }]);
  });

  it('of a segment that others name flips those too, also when it is edited', async () => {
    const w = await peopled();
    await w.create('inner', TAGGED);
    await w.create('outer', { all: [naming('inner')] });
    await w.create('others', { attribute: 'segments', operator: 'not_contains_any', value: ['outer'] });
    await w.settled();
    expect(await Promise.all(['outer', 'others'].map((id) => membersOf(w.store, id)))).toEqual([['c1'], ['c2', 'c3']]);
    w.clock.now = at;
    await w.edit('inner', RECENT);
    await w.settled();
    expect(await Promise.all(['outer', 'others'].map((id) => membersOf(w.store, id)))).toEqual([['c2'], ['c1', 'c3']]);
    for (const id of ['c1', 'c2']) {
      expect((await flipsOf(w.store, id)).slice(-3)).toMatchObject(Array(3).fill({ at, cause: 'rule_edited' }));
    }
    expect((await refreshEveryone(w.deps, { now: at, cause: 'change' })).flips).toBe(0);
  });

  it('of an event is told as of its recording, to the millisecond, however long ago it happened', async () => {
    const w = await peopled();
    await w.create('s', { attribute: 'customerValue.orders', operator: 'gte', value: 1 });
    await w.settled();
    w.clock.now = later(730);
    await w.ordered('c3', 'o1', 1, later(-DAY_MS));
    await w.settled();
    expect(await flipsOf(w.store, 'c3')).toMatchObject([{ segmentId: 's', at: later(730), cause: 'change' }]);
  });

  it('of time is told of nobody who did more before it was noticed', async () => {
    const w = world();
    await w.born('c1');
    const value = { hours: 5 };
    await w.create('last', { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value });
    await w.create('three', { attribute: 'customerValue.orders', operator: 'gte', value: 3 });
    await w.settled();
    for (const [orderId, ms] of [
      ['o1', 0],
      ['o2', HOUR_MS],
      ['o3', 5 * HOUR_MS + 30_000],
    ] as const) {
      w.clock.now = later(ms);
      await w.ordered('c1', orderId);
      await w.delivered();
    }
    w.clock.now = later(5 * HOUR_MS + MINUTE_MS);
    await w.jobs();
    expect(await flipsOf(w.store, 'c1')).toEqual([
      { segmentId: 'last', entered: true, at: NOW, cause: 'change' },
      { segmentId: 'three', entered: true, at: later(5 * HOUR_MS + 30_000), cause: 'change' },
    ]);
  });

  it('is never told of an earlier instant than the one before', async () => {
    const w = world();
    await w.born('c1');
    await w.listed('friends');
    await w.create('s', { all: [LIST, { not: { attribute: 'customerValue.orders', operator: 'gte', value: 1 } }] });
    await w.settled();
    w.clock.now = later(500);
    await w.added('friends', 'c1');
    await w.settled();
    w.clock.now = later(700);
    await w.ordered('c1', 'o1', 100, later(-DAY_MS));
    await w.settled();
    w.clock.now = later(800);
    await w.record('c1', { type: 'order_rejected', occurredAt: later(-DAY_MS), attributes: { orderId: 'o1' } });
    await w.settled();
    w.clock.now = later(900);
    // Written in the same second, and no fact says when.
    await w.takenOff('friends', 'c1');
    await w.settled();
    expect(await flipsOf(w.store, 'c1')).toMatchObject([
      { entered: true, at: later(500) },
      { entered: false, at: later(700) },
      { entered: true, at: later(800) },
      { entered: false, at: later(800) },
    ]);
  });

  it('of time, while a new rule is being filled, is told before who stays enters by that', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', { ...RECENT, within: { hours: 5 } });
    await w.ordered('c1', 'o1');
    await w.settled();
    w.clock.now = later(HOUR_MS);
    await w.edit('s', RECENT);
    await w.delivered();
    const { units, slices } = await w.steps.claim('run');
    for (const slice of slices) await w.steps.fill(slice);
    await w.passed(5 * HOUR_MS);
    expect(await membersOf(w.store, 's')).toEqual([]);
    await w.steps.live(units);
    await w.settled();
    expect(await flipsOf(w.store, 'c1')).toEqual([
      { segmentId: 's', entered: true, at: NOW, cause: 'rule_edited' },
      { segmentId: 's', entered: false, at: later(5 * HOUR_MS), cause: 'time' },
      { segmentId: 's', entered: true, at: later(5 * HOUR_MS), cause: 'rule_edited' },
    ]);
  });

  it('is everyone who is archived leaving, and coming back', async () => {
    const w = await peopled();
    await w.create('s', TAGGED);
    await w.create('rest', { not: TAGGED });
    await w.settled();
    for (const archived of [true, false]) {
      w.clock.now = later(1_000, w.clock.now);
      const [profile] = await w.store.get([{ kind: 'profile', consumerId: 'c1' }], true);
      if (!profile) throw new Error('nobody is there');
      const put = { ...profile, archived, version: profile.version + 1, updatedAt: w.clock.now };
      await w.store.commit([{ put, expect: { version: profile.version } }]);
      await w.settled();
      expect(await membersOf(w.store, 's')).toEqual(archived ? [] : ['c1']);
    }
    expect((await flipsOf(w.store, 'c1')).map(({ entered }) => entered)).toEqual([true, false, true]);
  });

  it('is never of a consumer who is gone', async () => {
    const w = await peopled();
    await w.create('s', { not: OLD });
    await w.settled();
    await w.tagged('c3', 'old');
    await w.store.commit(
      (['profile', 'metrics', 'memberships'] as const).map((kind) => ({ remove: { kind, consumerId: 'c3' } })),
    );
    await w.settled();
    expect(await membershipsOf(w.store, 'c3')).toBeUndefined();
    expect(await flipsOf(w.store, 'c3')).toHaveLength(1);
  });
});
