import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import description from '../../functions/docs/description.ts';
import { makeHandler as listListMembers } from '../../functions/lists/endpoints/list-members.ts';
import { makeHandler as listSegmentMembers } from '../../functions/segments/endpoints/list-members.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import type { Store, Write } from '../../shared/usecases/ports/store.ts';
import { depsOn, NOW } from '../support/events.ts';
import { segmentOf } from '../support/groups.ts';
import { httpEvent, type Sent } from '../support/http-event.ts';
import { profileOf } from '../support/records.ts';

type Person = [consumerId: string, fullName: string | null, email: string | null];
const ENTERED = '2026-02-01T00:00:00.000Z';
const UNIT = 1;

let store: Store;
beforeEach(async () => {
  store = memoryStore();
  await store.commit([
    { put: { kind: 'list', listId: 'l1', name: 'L', version: 1, createdAt: NOW, updatedAt: NOW }, expect: 'absent' },
  ]);
  await segmentOf(store, 's1', { unit: UNIT });
});

/** All of them are on the list and in the segment. */
const filled = async (people: Person[]): Promise<void> => {
  for (let from = 0; from < people.length; from += 30) {
    const writes = people.slice(from, from + 30).flatMap(([consumerId, fullName, email]): Write[] => [
      { put: profileOf(consumerId), expect: 'anything' },
      { put: { kind: 'listMember', consumerId, listId: 'l1', addedAt: ENTERED, fullName, email }, expect: 'anything' },
      {
        put: { kind: 'member', consumerId, unit: UNIT, segmentId: 's1', enteredAt: ENTERED, fullName, email },
        expect: 'anything',
      },
    ]);
    await store.commit(writes);
  }
};
const ROUTES = {
  list: { handler: listListMembers, params: { listId: 'l1' }, path: '/v1/lists/l1/members', since: 'addedAt' },
  segment: {
    handler: listSegmentMembers,
    params: { segmentId: 's1' },
    path: '/v1/segments/s1/members',
    since: 'enteredAt',
  },
};
const get = async (of: keyof typeof ROUTES, query = '', sent: Sent = {}) => {
  const { handler, params, path } = ROUTES[of];
  const run = handler(depsOn(store)) as unknown as (event: object, context: object) => Promise<HttpResult>;
  const { statusCode, headers = {}, body } = await run(httpEvent({ method: 'GET', path, params, query, ...sent }), {});
  return { status: statusCode, headers: headers as Record<string, string>, text: String(body) };
};
const rowsOf = (text: string): string[][] => parse(text, { recordDelimiter: '\r\n' });
const crowd = (size: number): Person[] =>
  Array.from({ length: size }, (_, n) => [`c${String(n).padStart(6, '0')}`, `Name ${n}`, `c${n}@example.com`]);

describe.each(['list', 'segment'] as const)('the members of a %s as a table', (of) => {
  const { since, path } = ROUTES[of];
  const COLUMNS = ['consumerId', 'fullName', 'email', since];

  it('have the names of the columns first, and a name for the file', async () => {
    await filled([['c1', 'Ada "the first", Example', 'ada@example.com']]);
    const told = await get(of, 'format=csv');
    expect(told).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${of}-${of[0]}1.csv"`,
        'x-content-type-options': 'nosniff',
      },
    });
    expect(told.headers['link']).toBeUndefined();
    expect(rowsOf(told.text)).toEqual([COLUMNS, ['c1', 'Ada "the first", Example', 'ada@example.com', ENTERED]]);
  });

  it('are nobody where there is nobody, and then there are the names of the columns alone', async () => {
    expect((await get(of, 'format=csv')).text).toBe(`${COLUMNS.join(',')}\r\n`);
  });

  it.each<[string | null, string | null, string]>([
    ['=HYPERLINK("http://evil")', '\'=HYPERLINK("http://evil")', 'a formula'],
    ['+44 7911 123456', "'+44 7911 123456", 'a phone number'],
    ['Zoë 東京\n🙂', 'Zoë 東京\n🙂', 'other scripts and lines'],
    [null, '', 'nothing'],
  ])('named %j are told as %j: %s', async (name, told) => {
    await filled([['c1', name, null]]);
    expect(rowsOf((await get(of, 'format=csv')).text)[1]).toEqual(['c1', told, '', ENTERED]);
  });

  it('are 10,000 at a time, and the pages one behind the other are the whole table', async () => {
    const people = crowd(10_003);
    await filled(people);
    const first = await get(of, 'format=csv');
    expect(rowsOf(first.text)).toHaveLength(10_001);
    const [, target = ''] = /^<([^>]+)>; rel="next"$/.exec(first.headers['link'] ?? '') ?? [];
    expect(target.split('?')[0]).toBe(path);
    const second = await get(of, target.split('?')[1]);
    expect(second.headers['content-type']).toBe('text/csv; charset=utf-8; header=absent');
    expect(second.headers['link']).toBeUndefined();
    expect(rowsOf(first.text + second.text)).toEqual([COLUMNS, ...people.map((person) => [...person, ENTERED])]);
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(6 * 1024 * 1024);
  }, 120_000);

  it('are fewer where their names are long: an answer has to fit', async () => {
    const long = '"'.repeat(600);
    await filled(crowd(4_500).map(([consumerId]) => [consumerId, long, long]));
    const first = await get(of, 'format=csv');
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(6 * 1024 * 1024 * 0.95);
    expect(first.headers['link']).toContain('rel="next"');
  }, 120_000);

  it('are as many as the limit says, and the next page is asked for likewise', async () => {
    await filled(crowd(5));
    const first = await get(of, 'format=csv&limit=2');
    expect(rowsOf(first.text)).toHaveLength(3);
    expect(first.headers['link']).toContain(`<${path}?format=csv&limit=2&cursor=`);
  });

  it.each([
    ['text/csv', 'csv'],
    ['text/csv, */*;q=0.8', 'csv'],
    ['text/csv, */*', 'csv'],
    ['application/json;q=0.5, text/csv', 'csv'],
    ['text/csv;q=0.5, application/json', 'json'],
    ['application/json, text/csv', 'json'],
    ['text/csv;q=0.1, */*', 'json'],
    ['text/csv;q=0', 'json'],
    ['*/*', 'json'],
    ['text/html', 'json'],
  ])('where %j is accepted: %s', async (accept, form) => {
    const told = await get(of, '', { headers: { accept } });
    expect(told.headers['content-type']?.startsWith(form === 'csv' ? 'text/csv' : 'application/json')).toBe(true);
  });

  it('are JSON where that is asked for by name, whatever is accepted, 25 at a time', async () => {
    await filled(crowd(30));
    const told = await get(of, 'format=json', { headers: { accept: 'text/csv' } });
    expect(told.headers['content-type']).toBe('application/json');
    expect(JSON.parse(told.text).items).toHaveLength(25);
  });

  it.each([
    ['format=pdf', 422, 'invalid_request'],
    ['format=csv&limit=101', 422, 'limit_out_of_range'],
    ['format=csv&cursor=forged', 400, 'invalid_cursor'],
  ])('are refused for %s', async (query, status, code) => {
    const told = await get(of, query);
    expect([told.status, JSON.parse(told.text).code]).toEqual([status, code]);
  });

  it('are described with their form, and where they go on', () => {
    const route = of === 'list' ? '/v1/lists/{listId}/members' : '/v1/segments/{segmentId}/members';
    const operation = description.paths[route]?.['get'];
    expect(Object.keys(operation?.responses[200]?.content ?? {})).toEqual(['application/json', 'text/csv']);
    expect(Object.keys(operation?.responses[200]?.headers ?? {})).toEqual(['Link']);
    expect(operation?.parameters?.map(({ name }) => name)).toContain('format');
  });
});

it('a table of a list that is not there is not found', async () => {
  const told = await get('list', 'format=csv', { params: { listId: 'none' } });
  expect([told.status, JSON.parse(told.text).code]).toEqual([404, 'not_found']);
});
