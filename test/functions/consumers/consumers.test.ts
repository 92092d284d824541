import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consumerAnswers } from '../../../functions/consumers/answers.ts';
import type { Write } from '../../../shared/usecases/ports/store.ts';
import type { ApiResponse, Body } from '../../support/client.ts';
import { shop } from '../../support/shop.ts';

let { call, born, patch, detail, store } = shop();
beforeEach(() => {
  ({ call, born, patch, detail, store } = shop());
});

const errorsOf = ({ body }: ApiResponse) => body.errors?.map(({ path, code }: Body) => `${path} ${code}`);
const found = async (query: string) => {
  const response = await call('list', { method: 'GET', query });
  return response.body.items.map(({ fullName, email, phone }: Body) => fullName ?? email ?? phone);
};

describe('creating a consumer', () => {
  it('returns the detail in the documented shape', async () => {
    const response = await call('create', {
      body: {
        email: ' Anna@Example.ORG ',
        phone: '+44 7911 123456',
        fullName: 'Anna',
        tags: ['VIP', { name: 'x', type: 'campaign' }],
      },
    });
    expect(response).toMatchObject({ status: 201, headers: { etag: '"1"' } });
    expect(response.body).toMatchObject({
      version: 1,
      status: 'active',
      identityLevel: 'registered',
      email: 'anna@example.org',
      phone: '+447911123456',
      membership: 'opted_in',
      joinedAt: response.body.createdAt,
      lastActivityAt: response.body.createdAt,
      tags: [
        { name: 'VIP', type: null },
        { name: 'x', type: 'campaign' },
      ],
      customerValue: { orders: 0, lifetimeValueMinor: 0, averageOrderValueMinor: null, percentile: null },
      purchaseRecency: { status: 'none', lastOrderAt: null },
      loyalty: { score: 0, band: 'new' },
      points: { available: 0, nextExpiry: null },
      tier: null,
      segments: [],
      consents: {},
    });
    expect(consumerAnswers().consumerDetail.safeParse(response.body).error).toBeUndefined();
    expect((await detail(response.body.consumerId)).body).toEqual(response.body);
  });

  it.each([
    { sent: {}, level: 'guest', membership: 'none' },
    { sent: { fullName: 'Guest' }, level: 'guest', membership: 'none' },
    { sent: { email: null, phone: null }, level: 'guest', membership: 'none' },
    { sent: { email: 'a@example.org' }, level: 'registered', membership: 'opted_in' },
    { sent: { phone: '+12025550143' }, level: 'registered', membership: 'opted_in' },
  ])('of $sent makes a $level', async ({ sent, level, membership }) => {
    expect(await born(sent)).toMatchObject({ identityLevel: level, membership });
  });

  it('does not join the loyalty program if automatic joining is off', async () => {
    await call('writeSettings', { method: 'PUT', params: { document: 'loyalty' }, body: { autoJoin: false } });
    expect(await born({ email: 'a@example.org' })).toMatchObject({ membership: 'none', joinedAt: null });
  });

  it.each([
    {
      what: 'the same email',
      one: { email: 'a@example.org' },
      other: { email: 'A@EXAMPLE.org ' },
      code: 'contact_taken',
    },
    {
      what: 'the same email, composed',
      one: { email: 'é@example.org' },
      other: { email: 'e\u0301@example.org' },
      code: 'contact_taken',
    },
    {
      what: 'the same phone',
      one: { phone: '+447911123456' },
      other: { phone: '+44 (0)7911 123-456' },
      code: 'contact_taken',
    },
    {
      what: 'the same external id',
      one: { externalIds: { shopify: '7' } },
      other: { externalIds: { shopify: '7' } },
      code: 'external_id_taken',
    },
  ])('refuses $what', async ({ one, other, code }) => {
    await born(one);
    expect(await call('create', { body: other })).toMatchObject({ status: 409, body: { code } });
    expect((await found('')).length).toBe(1);
  });

  it('gives an email to exactly one of fifty concurrent requests', async () => {
    const response = await Promise.all(
      Array.from({ length: 50 }, () => call('create', { body: { email: 'a@example.org' } })),
    );
    expect(response.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(response.filter(({ status, body }) => status === 409 && body.code === 'contact_taken')).toHaveLength(49);
  });

  it('repeats its response under the same key and refuses other content', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const first = await call('create', { body: { email: 'a@example.org' }, headers });
    const again = await call('create', { body: { email: 'a@example.org' }, headers });
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await call('create', { body: { email: 'b@example.org' }, headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused' },
    });
  });

  const long = (length: number) => 'x'.repeat(length);
  it.each([
    { sent: { email: 'no-address' }, errors: ['email invalid_format'] },
    { sent: { email: 'a@b' }, errors: ['email invalid_format'] },
    { sent: { email: `${long(64)}@${long(190)}.org` }, errors: ['email too_long'] },
    { sent: { email: `${long(65)}@example.org` }, errors: ['email invalid_format'] },
    { sent: { email: long(600) }, errors: ['email too_long'] },
    { sent: { email: '' }, errors: ['email invalid_format'] },
    { sent: { email: 7 }, errors: ['email wrong_type'] },
    { sent: { phone: '07911 123456' }, errors: ['phone invalid_format'] },
    { sent: { phone: '' }, errors: ['phone invalid_format'] },
    { sent: { phone: 'call me' }, errors: ['phone invalid_format'] },
    { sent: { phone: '+1' }, errors: ['phone invalid_format'] },
    { sent: { fullName: '' }, errors: ['fullName too_short'] },
    { sent: { fullName: long(201) }, errors: ['fullName too_long'] },
    { sent: { birthday: '1990-02-30' }, errors: ['birthday invalid_format'] },
    { sent: { birthday: '2999-01-01' }, errors: ['birthday invalid_value'] },
    { sent: { birthday: '1799-01-01' }, errors: ['birthday invalid_value'] },
    { sent: { pictureUrl: 'javascript:alert(1)' }, errors: ['pictureUrl invalid_format'] },
    { sent: { pictureUrl: 'http://example.org/a.png' }, errors: ['pictureUrl invalid_format'] },
    { sent: { status: 'gone' }, errors: ['status invalid_value'] },
    { sent: { tags: 'VIP' }, errors: ['tags wrong_type'] },
    { sent: { tags: [' '] }, errors: ['tags.0 too_short'] },
    { sent: { tags: [long(65)] }, errors: ['tags.0 too_long'] },
    { sent: { tags: [{ name: 'x', type: 'mood' }] }, errors: ['tags.0.type invalid_value'] },
    { sent: { tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, errors: ['tags too_long'] },
    { sent: { customAttributes: { a: {} } }, errors: ['customAttributes.a wrong_type'] },
    { sent: { customAttributes: { a: [1] } }, errors: ['customAttributes.a.0 wrong_type'] },
    { sent: { customAttributes: { a: long(1025) } }, errors: ['customAttributes.a too_long'] },
    { sent: { customAttributes: [] }, errors: ['customAttributes wrong_type'] },
    {
      sent: { answers: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`q${n}`, 1])) },
      errors: ['answers too_long'],
    },
    { sent: { externalIds: { shopify: '' } }, errors: ['externalIds.shopify too_short'] },
    { sent: { loyaltyScore: 7 }, errors: ['loyaltyScore unknown_field'] },
    { sent: [], errors: [' wrong_type'] },
    { sent: null, errors: [' wrong_type'] },
    { sent: { fullName: 'a\0b' }, errors: ['fullName forbidden_text'] },
    { sent: { fullName: '\ud800' }, errors: ['fullName forbidden_text'] },
    { sent: '{"customAttributes":{"__proto__":"x"}}', errors: ['customAttributes.__proto__ forbidden_key'] },
  ])('refuses $errors', async ({ sent, errors }) => {
    const response = await call('create', {
      body: typeof sent === 'string' ? sent : JSON.stringify(sent),
      headers: { 'content-type': 'application/json' },
    });
    expect([response.status, errorsOf(response)]).toEqual([422, errors]);
    expect(await found('')).toEqual([]);
  });

  it('stores valid free text unchanged', async () => {
    const fullName = `<b>Robert'); DROP TABLE "consumers";--</b> 👩‍👩‍👧 ${'é'.normalize('NFD')}`;
    const customAttributes = { 'a.b "c"': fullName, list: ['', fullName], zero: 0, no: false };
    const made = await born({ fullName, gender: '  ', customAttributes });
    expect((await detail(made.consumerId)).body).toMatchObject({ fullName, gender: '  ', customAttributes });
  });

  it('never fails on any JSON value', async () => {
    const fields = [
      'email',
      'phone',
      'fullName',
      'tags',
      'customAttributes',
      'birthday',
      'externalIds',
      'pictureUrl',
      'x',
    ];
    const sent = fc.dictionary(fc.constantFrom(...fields), fc.oneof(fc.jsonValue(), fc.emailAddress(), fc.webUrl()));
    await fc.assert(
      fc.asyncProperty(sent, async (body) => {
        const { status } = await call('create', { body });
        expect([201, 409, 422]).toContain(status);
      }),
      { numRuns: 300 },
    );
  });

  it('accepts a consumer at all limits and changes all its fields in one request', async () => {
    const full = (letter: string) => ({
      email: `${letter}@example.org`,
      phone: letter === 'a' ? '+447911123456' : '+447911123457',
      fullName: Array.from({ length: 16 }, (_, n) => `${letter}${n}`).join(' '),
      status: 'inactive',
      tags: Array.from({ length: 50 }, (_, n) => `${letter} tag ${n}`),
    });
    const headers = { 'idempotency-key': 'k' };
    const externalIds = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`source_${n}`, `${n}`]));
    const { consumerId } = await born({ ...full('a'), externalIds }, { headers });
    expect(await found('search=a15')).toHaveLength(1);
    const response = await patch(consumerId, full('b'), { headers: { 'idempotency-key': 'l' } });
    expect(response).toMatchObject({ status: 200, body: { version: 2, email: 'b@example.org' } });
    expect(await found('search=b15')).toHaveLength(1);
    expect(await found('tag=b%20tag%2049')).toHaveLength(1);
    for (const gone of ['search=a15', 'search=a@', 'tag=a%20tag%200']) expect(await found(gone)).toEqual([]);
  });
});

describe('editing a consumer', () => {
  it('merges attributes by key, removes keys by null, and replaces other fields', async () => {
    const { consumerId } = await born({
      fullName: 'Anna',
      gender: 'f',
      tags: ['a', 'b'],
      customAttributes: { keep: 1, change: 'x', drop: true },
      answers: { q1: 'yes' },
    });
    const response = await patch(consumerId, {
      gender: null,
      tags: ['B', 'c', 'C'],
      customAttributes: { change: ['y'], drop: null, add: false, never: null },
    });
    expect(response.body).toMatchObject({
      version: 2,
      fullName: 'Anna',
      gender: null,
      tags: [{ name: 'B' }, { name: 'c' }],
      answers: { q1: 'yes' },
    });
    expect(response.body.customAttributes).toEqual({ keep: 1, change: ['y'], add: false });
    expect((await detail(consumerId)).body).toEqual(response.body);
  });

  it.each([
    'consumerId',
    'version',
    'identityLevel',
    'emailVerified',
    'createdAt',
    'rfm',
    'customerValue',
    'purchaseRecency',
    'engagementHealth',
    'accountHealth',
    'loyalty',
    'points',
    'tier',
    'segments',
    'lifetimeValueMinor',
    'averageOrderValueMinor',
    'lastActivityAt',
    'profileCompleteness',
    'syncSources',
    'consents',
  ])('refuses %s by name, and changes nothing', async (field) => {
    const { consumerId } = await born({ fullName: 'Anna' });
    for (const value of [null, 7, { orders: 3 }]) {
      const response = await patch(consumerId, { fullName: 'Eve', [field]: value });
      expect([response.status, errorsOf(response)]).toEqual([422, [`${field} not_editable`]]);
    }
    expect((await detail(consumerId)).body.fullName).toBe('Anna');
  });

  it('declares every field of the detail editable or not editable', async () => {
    const { consumerId, ...parts } = await born({});
    for (const field of Object.keys(parts)) {
      const response = await patch(consumerId, { [field]: [[]] });
      expect([response.status, errorsOf(response)?.some((error: string) => error.includes('unknown'))]).toEqual([
        422,
        false,
      ]);
    }
  });

  it('frees the old contact, claims the new one, and finds the consumer by it', async () => {
    const { consumerId } = await born({ email: 'old@example.org', phone: '+447911123456' });
    const response = await patch(consumerId, { email: 'new@example.org', phone: null });
    expect(response.body).toMatchObject({ email: 'new@example.org', phone: null, emailVerified: false });
    const other = await born({ email: 'old@example.org', phone: '+447911123456' });
    expect(await patch(other.consumerId, { email: 'NEW@example.org' })).toMatchObject({ status: 409 });
    const lookUp = await call('lookUp', { method: 'GET', query: 'email=new%40example.org' });
    expect(lookUp.body.consumerId).toBe(consumerId);
    expect(await found('search=old@')).toEqual(['old@example.org']);
  });

  it('unverifies only the contact that changes', async () => {
    const made = await born({ email: 'a@example.org', phone: '+447911123456' });
    const [profile] = await store.get([{ kind: 'profile', consumerId: made.consumerId }]);
    if (!profile) throw new Error('no such consumer');
    await store.commit([{ put: { ...profile, emailVerified: true, phoneVerified: true }, expect: 'present' }]);
    const same = await patch(made.consumerId, { email: 'A@example.org' });
    expect(same.body).toMatchObject({ identityLevel: 'verified', emailVerified: true });
    const moved = await patch(made.consumerId, { email: 'b@example.org' });
    expect(moved.body).toMatchObject({ identityLevel: 'verified', emailVerified: false, phoneVerified: true });
    const lost = await patch(made.consumerId, { phone: null });
    expect(lost.body).toMatchObject({ identityLevel: 'registered', phoneVerified: false });
  });

  it('makes the consumer a member with the first contact and a guest without one', async () => {
    const { consumerId } = await born({});
    expect((await patch(consumerId, { email: 'a@example.org' })).body.membership).toBe('opted_in');
    expect((await patch(consumerId, { email: null })).body).toMatchObject({
      identityLevel: 'guest',
      membership: 'none',
    });
  });

  it('increments the version only if something changes', async () => {
    const { consumerId, updatedAt } = await born({
      fullName: 'Anna',
      tags: ['x'],
      customAttributes: { a: [1].map(String) },
    });
    const now = '2026-04-01T00:00:00.000Z';
    const same = await patch(consumerId, { fullName: 'Anna', tags: ['x'], customAttributes: { a: ['1'] } }, { now });
    expect(same).toMatchObject({ status: 200, body: { version: 1, updatedAt } });
    const other = await patch(consumerId, { fullName: 'Eve' }, { now });
    expect(other).toMatchObject({ body: { version: 2, updatedAt: now }, headers: { etag: '"2"' } });
  });

  it('refuses a stale If-Match and accepts the current one', async () => {
    const { consumerId } = await born({ fullName: 'Anna' });
    expect((await patch(consumerId, { fullName: 'B' }, { headers: { 'if-match': '"1"' } })).status).toBe(200);
    const stale = await patch(consumerId, { fullName: 'C' }, { headers: { 'if-match': '"1"' } });
    expect(stale).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
  });

  it('loses none of many concurrent edits', async () => {
    const { consumerId } = await born({});
    const edits = Array.from({ length: 20 }, (_, n) => patch(consumerId, { customAttributes: { [`k${n}`]: n } }));
    expect((await Promise.all(edits)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { body } = await detail(consumerId);
    expect([Object.keys(body.customAttributes).length, body.version]).toEqual([20, 21]);
  });

  it('removes inactive consumers from the population', async () => {
    const { consumerId } = await born({});
    const eligible = async () => (await store.get([{ kind: 'metrics', consumerId }]))[0]?.eligible;
    await patch(consumerId, { status: 'inactive' });
    expect(await eligible()).toBe(false);
    await patch(consumerId, { status: 'active' });
    expect(await eligible()).toBe(true);
  });

  it('limits the total size of attributes', async () => {
    const { consumerId } = await born({});
    const kilobytes = (n: number) =>
      Object.fromEntries(Array.from({ length: 10 }, (_, k) => [`${n}.${k}`, 'x'.repeat(1000)]));
    for (const n of [1, 2, 3]) expect((await patch(consumerId, { answers: kilobytes(n) })).status).toBe(200);
    expect(errorsOf(await patch(consumerId, { answers: kilobytes(4) }))).toEqual(['answers too_big']);
  });

  it('refuses an unknown consumer', async () => {
    for (const consumerId of ['missing', '01K00000000000000000000000', 'ü'.repeat(100)]) {
      expect(await patch(consumerId, {})).toMatchObject({ status: 404, body: { code: 'consumer_not_found' } });
      expect((await detail(consumerId)).status).toBe(404);
    }
  });
});

describe('tags', () => {
  const put = (consumerId: string, tag: string, body?: unknown) =>
    call('addTag', { method: 'PUT', params: { consumerId, tag }, body });
  const remove = (consumerId: string, tag: string) =>
    call('removeTag', { method: 'DELETE', params: { consumerId, tag } });

  it('that differ only in case or composition are the same, and requests are safe to repeat', async () => {
    const { consumerId } = await born({});
    const tags = async () => (await detail(consumerId)).body.tags;
    expect(await put(consumerId, 'Café')).toMatchObject({ status: 204, body: undefined });
    await put(consumerId, 'CAFE\u0301');
    expect(await tags()).toEqual([{ name: 'Café', type: null }]);
    await put(consumerId, 'café', { type: 'behavior' });
    await put(consumerId, 'café', {});
    expect(await tags()).toEqual([{ name: 'Café', type: 'behavior' }]);
    expect(await found('tag=cAFÉ')).toHaveLength(1);
    expect((await remove(consumerId, 'CAFÉ')).status).toBe(204);
    expect((await remove(consumerId, 'CAFÉ')).status).toBe(204);
    expect(await tags()).toEqual([]);
    expect(await found('tag=café')).toEqual([]);
  });

  it('are stored trimmed and in NFC by every endpoint', async () => {
    const { consumerId } = await born({ tags: ['VIP ', ' VIP', { name: 'Cafe\u0301\n' }] });
    const tags = async () => (await detail(consumerId)).body.tags.map(({ name }: { name: string }) => name);
    expect(await tags()).toEqual(['VIP', 'Caf\u00e9']);
    await put(consumerId, ' new');
    expect(await tags()).toEqual(['VIP', 'Caf\u00e9', 'new']);
    expect(await found('tag=vip%20')).toHaveLength(1);
    await remove(consumerId, 'VIP ');
    await patch(consumerId, { tags: [' new ', `${' '.repeat(9)}${'x'.repeat(64)}`] });
    expect(await tags()).toEqual(['new', 'x'.repeat(64)]);
    expect(await found('tag=vip')).toEqual([]);
  });

  it('are refused with an unknown type or beyond the limit', async () => {
    const { consumerId } = await born({ tags: Array.from({ length: 50 }, (_, n) => `t${n}`) });
    expect(errorsOf(await put(consumerId, 't1', { type: 'mood' }))).toEqual(['type invalid_value']);
    expect(errorsOf(await put(consumerId, 'one more'))).toEqual(['tags too_long']);
    expect(errorsOf(await put(consumerId, 'x'.repeat(1_000_000)))).toEqual(['tag too_long']);
    expect((await put('missing', 'x')).status).toBe(404);
  });
});

describe('finding consumers', () => {
  it.each([
    { search: 'an', finds: ['Anna Maria Lång', 'annie@example.org'] },
    { search: 'ANNA', finds: ['Anna Maria Lång'] },
    { search: 'nna', finds: [] },
    { search: 'lån', finds: ['Anna Maria Lång'] },
    { search: 'LA\u030aNG', finds: ['Anna Maria Lång'] },
    { search: 'maria an', finds: ['Anna Maria Lång'] },
    { search: 'maria x', finds: [] },
    { search: "o'br", finds: ["Jean-Luc O'Brien"] },
    { search: 'brien', finds: ["Jean-Luc O'Brien"] },
    { search: 'luc', finds: ["Jean-Luc O'Brien"] },
    { search: 'jean-l', finds: ["Jean-Luc O'Brien"] },
    { search: 'strasse', finds: ['Groß Straße'] },
    { search: 'annie@example.o', finds: ['annie@example.org'] },
    { search: 'example.org', finds: [] },
    { search: '+4479', finds: ['+447911123456'] },
    { search: '4479', finds: ['+447911123456'] },
    { search: '+44 7911 123', finds: ['+447911123456'] },
    { search: '7911', finds: [] },
    { search: '%', finds: [] },
    { search: '  ', finds: 5 },
  ])('by "$search"', async ({ search, finds }) => {
    await born({ fullName: 'Anna Maria Lång' });
    await born({ email: 'Annie@example.org' });
    await born({ phone: '+447911123456' });
    await born({ fullName: "Jean-Luc O'Brien" });
    await born({ fullName: 'Groß Straße' });
    const names = await found(`search=${encodeURIComponent(search)}`);
    if (typeof finds === 'number') expect(names).toHaveLength(finds);
    else expect(names.sort()).toEqual([...finds].sort());
  });

  const walk = async (query: string): Promise<{ ids: string[]; pages: number[] }> => {
    const [ids, pages]: [string[], number[]] = [[], []];
    let cursor = '';
    do {
      const response = await call('list', {
        method: 'GET',
        query: `${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      });
      expect(consumerAnswers().consumersPage.safeParse(response.body).error).toBeUndefined();
      ids.push(...response.body.items.map(({ consumerId }: Body) => consumerId));
      pages.push(response.body.items.length);
      cursor = response.body.nextCursor ?? '';
    } while (cursor !== '');
    return { ids, pages };
  };

  it('returns each consumer once, in full pages, with and without filters', async () => {
    const made: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      const now = new Date(Date.UTC(2026, 2, 1, 12, 0, n)).toISOString();
      const body = {
        fullName: n % 2 === 0 ? `Ada Adams Adamson ${n}` : null,
        email: n % 5 === 0 ? `ada${n}@example.org` : null,
        tags: n % 4 === 0 ? ['Big Spender'] : [],
        status: n % 3 === 0 ? 'inactive' : 'active',
      };
      made.unshift((await born(body, { now })).consumerId);
    }
    const those = (keep: (n: number) => boolean) => made.filter((_, at) => keep(39 - at));
    expect(await walk('limit=7')).toEqual({ ids: made, pages: [7, 7, 7, 7, 7, 5] });
    expect(await walk('limit=40')).toEqual({ ids: made, pages: [40] });
    expect(await walk('limit=5&tag=big%20spender')).toEqual({ ids: those((n) => n % 4 === 0), pages: [5, 5] });
    expect(await walk('limit=9&status=inactive')).toEqual({ ids: those((n) => n % 3 === 0), pages: [9, 5] });
    expect(await walk('limit=9&status=active')).toEqual({ ids: those((n) => n % 3 !== 0), pages: [9, 9, 8] });
    expect((await walk('limit=100&status=active&tag=big%20spender')).ids).toEqual(
      those((n) => n % 4 === 0 && n % 3 !== 0),
    );
    const searched = await walk('limit=6&search=ad');
    expect(searched.pages).toEqual([6, 6, 6, 6]);
    expect([...searched.ids].sort()).toEqual(those((n) => n % 2 === 0 || n % 5 === 0).sort());
    const narrowed = await walk('limit=4&search=ada%20adamson&status=inactive');
    expect(narrowed.ids.sort()).toEqual(those((n) => n % 6 === 0).sort());
    expect(narrowed.pages).toEqual([4, 3]);
    expect(await walk('segmentId=s1')).toEqual({ ids: [], pages: [0] });
  });

  it('refuses limits out of range, and cursors that are forged or belong to another query', async () => {
    for (let n = 0; n < 3; n += 1) await born({ fullName: `Ada ${n}` });
    const list = (query: string) => call('list', { method: 'GET', query });
    for (const limit of ['0', '101', '-1', '1.5', 'x', '']) {
      expect(await list(`limit=${limit}`)).toMatchObject({ status: 422, body: { code: 'limit_out_of_range' } });
    }
    const cursor = encodeURIComponent((await list('limit=1&search=ada')).body.nextCursor);
    expect((await list(`limit=1&search=ada&cursor=${cursor}`)).status).toBe(200);
    for (const query of [
      `search=ad&cursor=${cursor}`,
      `search=ada&status=active&cursor=${cursor}`,
      `cursor=${cursor}`,
      'cursor=forged',
      'cursor=',
      `cursor=${'a'.repeat(5_000)}`,
      'cursor=0',
      'search=ada&cursor=9x',
      `search=ada&cursor=${cursor}x`,
    ]) {
      expect(await list(query)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    }
    expect(errorsOf(await list('serach=a'))).toEqual(['serach unknown_field']);
  });

  it('looks up by exactly one unique key', async () => {
    const { consumerId } = await born({
      email: 'a@example.org',
      phone: '+447911123456',
      externalIds: { shopify: 'gid://7' },
    });
    const lookUp = (query: string) => call('lookUp', { method: 'GET', query });
    const unescaped = 'phone=+447911123456';
    for (const query of [
      'email=A%40example.org',
      'phone=%2B447911123456',
      unescaped,
      'source=shopify&externalId=gid%3A%2F%2F7',
    ]) {
      expect(await lookUp(query)).toMatchObject({ status: 200, body: { consumerId } });
    }
    for (const query of ['email=b%40example.org', 'phone=%2B447911123457', 'source=klaviyo&externalId=gid%3A%2F%2F7']) {
      expect(await lookUp(query)).toMatchObject({ status: 404, body: { code: 'consumer_not_found' } });
    }
    for (const query of [
      '',
      'source=shopify',
      'externalId=7',
      'email=a%40example.org&phone=%2B447911123456',
      'email=x',
      'email=a%40example.org&source=x',
    ]) {
      expect(await lookUp(query)).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    }
  });
});

describe('membership', () => {
  const set = (consumerId: string, state: string) =>
    call('setMembership', { params: { consumerId }, body: { state }, now: '2026-05-01T00:00:00.000Z' });

  it('can be left and joined again, keeps the join date, and stays opted out when contacts change', async () => {
    const made = await born({ email: 'a@example.org' });
    expect((await set(made.consumerId, 'opted_out')).body).toMatchObject({
      membership: 'opted_out',
      joinedAt: made.joinedAt,
    });
    await patch(made.consumerId, { email: null });
    expect((await patch(made.consumerId, { email: 'b@example.org' })).body.membership).toBe('opted_out');
    expect((await set(made.consumerId, 'opted_in')).body).toMatchObject({
      membership: 'opted_in',
      joinedAt: made.joinedAt,
    });
  });

  it('is refused for guests', async () => {
    const { consumerId } = await born({});
    expect(await set(consumerId, 'opted_in')).toMatchObject({ status: 409, body: { code: 'not_registered' } });
    expect(errorsOf(await set(consumerId, 'none'))).toEqual(['state invalid_value']);
    expect(errorsOf(await call('setMembership', { params: { consumerId }, body: {} }))).toEqual(['state required']);
  });
});

describe('sync sources', () => {
  const put = (consumerId: string, source: string, body: unknown) =>
    call('setSyncSource', { method: 'PUT', params: { consumerId, source }, body });

  it('hold one id per source; an id belongs to one consumer and finds it', async () => {
    const [one, other] = [await born({}), await born({})];
    const entry = { externalId: '7', status: 'synced', lastSyncedAt: '2026-01-31T10:30:00+01:00' };
    expect(await put(one.consumerId, 'klaviyo', entry)).toMatchObject({
      status: 200,
      body: {
        source: 'klaviyo',
        externalId: '7',
        status: 'synced',
        lastSyncedAt: '2026-01-31T09:30:00.000Z',
        version: 2,
      },
    });
    expect(await put(other.consumerId, 'klaviyo', entry)).toMatchObject({
      status: 409,
      body: { code: 'external_id_taken' },
    });
    expect((await put(other.consumerId, 'emarsys', entry)).status).toBe(200);
    await put(one.consumerId, 'klaviyo', { externalId: '8' });
    expect((await put(other.consumerId, 'klaviyo', entry)).status).toBe(200);
    const found = await call('lookUp', { method: 'GET', query: 'source=klaviyo&externalId=8' });
    expect(found.body.syncSources).toEqual([
      { source: 'klaviyo', externalId: '8', status: 'synced', lastSyncedAt: null },
    ]);
    expect((await put(one.consumerId, 'Klaviyo!', entry)).status).toBe(422);
    expect(errorsOf(await put(one.consumerId, 'klaviyo', {}))).toEqual(['externalId required']);
  });
});

describe('new settings', () => {
  const write = (document: string, body: object) =>
    call('writeSettings', { method: 'PUT', params: { document }, body });

  it('apply to the next consumer', async () => {
    await born({ email: 'a@example.org' });
    await write('loyalty', { autoJoin: false });
    expect((await born({ email: 'b@example.org' })).membership).toBe('none');
  });

  it('leave a score unchanged until it is rebuilt', async () => {
    const { consumerId } = await born();
    const adjust = (delta: number) =>
      call('adjustLoyaltyScore', { params: { consumerId }, body: { delta, reason: 'thanks' } });
    await adjust(33);
    await write('loyalty', { halfLifeDays: 30, activityHalfLifeDays: 10 });
    expect((await detail(consumerId)).body.loyalty).toMatchObject({ score: 33, band: 'returning' });
    expect((await call('list', { method: 'GET' })).body.items).toMatchObject([{ loyaltyScore: 33 }]);
    expect((await adjust(7)).body.score).toBe(40);
    expect((await detail(consumerId, { now: '2026-03-31T12:00:00.000Z' })).body.loyalty.score).toBe(20);
  });
});

describe('adjusting the loyalty score', () => {
  const adjust = (consumerId: string, body: unknown, other = {}) =>
    call('adjustLoyaltyScore', { params: { consumerId }, body, ...other });

  it('is an event of the history that decays', async () => {
    const { consumerId } = await born({});
    const now = '2026-03-01T12:00:00.000Z';
    const response = await adjust(consumerId, { delta: 60, reason: 'sorry' }, { now });
    expect(response).toMatchObject({ status: 201, body: { delta: 60, reason: 'sorry', at: now, score: 60 } });
    expect((await adjust(consumerId, { delta: -20, reason: 'oops' }, { now })).body.score).toBe(40);
    const later = await detail(consumerId, { now: '2026-05-30T12:00:00.000Z' });
    expect(later.body.loyalty).toMatchObject({ score: 20, band: 'new' });
    expect(later.body.latestActions).toHaveLength(2);
    expect(later.body.lastActivityAt).toBe(later.body.createdAt);
  });

  it('is recorded once under one key, even with concurrent requests', async () => {
    const { consumerId } = await born({});
    const headers = { 'idempotency-key': 'k' };
    const response = await Promise.all([1, 2, 3].map(() => adjust(consumerId, { delta: 5, reason: 'r' }, { headers })));
    expect(response.map(({ status, body }) => [status, body.score])).toEqual(Array(3).fill([201, 5]));
    expect((await detail(consumerId)).body.loyalty.score).toBe(5);
  });

  it('refuses an invalid adjustment', async () => {
    const { consumerId } = await born({});
    expect(errorsOf(await adjust(consumerId, { delta: '5', reason: '' }))).toEqual([
      'delta wrong_type',
      'reason too_short',
    ]);
    expect((await adjust('missing', { delta: 5, reason: 'r' })).status).toBe(404);
  });
});

it.each<{ endpoint: Parameters<typeof call>[0]; body?: object; own: Record<string, string> | null }>([
  { endpoint: 'create', body: {}, own: null },
  { endpoint: 'edit', body: { fullName: 'Anna' }, own: {} },
  { endpoint: 'setMembership', body: { state: 'opted_out' }, own: {} },
  { endpoint: 'adjustLoyaltyScore', body: { delta: 5, reason: 'r' }, own: {} },
  { endpoint: 'setSyncSource', body: { externalId: '7' }, own: { source: 'klaviyo' } },
  { endpoint: 'addTag', own: { tag: 'x' } },
  { endpoint: 'removeTag', own: { tag: 'x' } },
])('the stored answer of $endpoint is found by its consumer', async ({ endpoint, body, own }) => {
  const { consumerId } = await born({ phone: '+447911123456' });
  const stored: Write[] = [];
  const watched = shop({ ...store, commit: async (writes) => void stored.push(...writes) });
  const sent = { ...(own && { params: { consumerId, ...own } }), body, headers: { 'idempotency-key': 'k' } };
  const response = await watched.call(endpoint, sent);
  const answers = stored.flatMap((write) => ('put' in write && write.put.kind === 'idempotency' ? [write.put] : []));
  expect(answers).toMatchObject([{ status: response.status, consumerId: own ? consumerId : response.body.consumerId }]);
});
