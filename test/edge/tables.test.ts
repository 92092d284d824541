import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import description from '../../functions/docs/description.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { Store, Write } from '../../shared/usecases/ports/store.ts';
import { clientOf } from '../support/client.ts';
import { depsOn, NOW } from '../support/events.ts';
import { segmentOf } from '../support/groups.ts';
import type { Sent } from '../support/http-event.ts';
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
  await segmentOf(store, 's1', { number: UNIT });
});

/** Adds all of them to the list and to the segment. */
const addMembers = async (people: Person[]): Promise<void> => {
  for (let from = 0; from < people.length; from += 30) {
    const writes = people.slice(from, from + 30).flatMap(([consumerId, fullName, email]): Write[] => [
      { put: profileOf(consumerId), expect: 'anything' },
      { put: { kind: 'listMember', consumerId, listId: 'l1', addedAt: ENTERED, fullName, email }, expect: 'anything' },
      {
        put: { kind: 'member', consumerId, ruleVersion: UNIT, segmentId: 's1', enteredAt: ENTERED, fullName, email },
        expect: 'anything',
      },
    ]);
    await store.commit(writes);
  }
};
const ROUTES = {
  list: { operation: 'lists.listMembers', params: { listId: 'l1' }, since: 'addedAt' },
  segment: {
    operation: 'segments.listMembers',
    params: { segmentId: 's1' },
    since: 'enteredAt',
  },
} as const;
const get = async (group: keyof typeof ROUTES, query = '', sent: Sent = {}) => {
  const { operation, params } = ROUTES[group];
  const { status, headers, body } = await clientOf(depsOn(store))(operation, { params, query, ...sent });
  return { status, headers: headers as Record<string, string>, body };
};
const rowsOf = (text: string): string[][] => parse(text, { recordDelimiter: '\r\n' });
const crowd = (size: number): Person[] =>
  Array.from({ length: size }, (_, n) => [`c${String(n).padStart(6, '0')}`, `Name ${n}`, `c${n}@example.com`]);

describe.each(['list', 'segment'] as const)('the members of a %s as CSV', (group) => {
  const { since } = ROUTES[group];
  const path = group === 'list' ? '/v1/lists/l1/members' : '/v1/segments/s1/members';
  const COLUMNS = ['consumerId', 'fullName', 'email', since];

  it('start with a header line and have a file name', async () => {
    await addMembers([['c1', 'Ada "the first", Example', 'ada@example.com']]);
    const response = await get(group, 'format=csv');
    expect(response).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${group}-${group[0]}1.csv"`,
        'x-content-type-options': 'nosniff',
      },
    });
    expect(response.headers['link']).toBeUndefined();
    expect(rowsOf(response.body)).toEqual([COLUMNS, ['c1', 'Ada "the first", Example', 'ada@example.com', ENTERED]]);
  });

  it('are a header line alone if there are no members', async () => {
    expect((await get(group, 'format=csv')).body).toBe(`${COLUMNS.join(',')}\r\n`);
  });

  it.each<[string | null, string | null, string]>([
    ['=HYPERLINK("http://evil")', '\'=HYPERLINK("http://evil")', 'a formula'],
    ['+44 7911 123456', "'+44 7911 123456", 'a phone number'],
    ['Zoë 東京\n🙂', 'Zoë 東京\n🙂', 'other scripts and lines'],
    [null, '', 'nothing'],
  ])('named %j are written as %j: %s', async (name, written) => {
    await addMembers([['c1', name, null]]);
    expect(rowsOf((await get(group, 'format=csv')).body)[1]).toEqual(['c1', written, '', ENTERED]);
  });

  it('come in pages of 10,000, which concatenate to one table', async () => {
    const people = crowd(10_003);
    await addMembers(people);
    const first = await get(group, 'format=csv');
    expect(rowsOf(first.body)).toHaveLength(10_001);
    const [, target = ''] = /^<([^>]+)>; rel="next"$/.exec(first.headers['link'] ?? '') ?? [];
    expect(target.split('?')[0]).toBe(path);
    const second = await get(group, target.split('?')[1]);
    expect(second.headers['content-type']).toBe('text/csv; charset=utf-8; header=absent');
    expect(second.headers['link']).toBeUndefined();
    expect(rowsOf(first.body + second.body)).toEqual([COLUMNS, ...people.map((person) => [...person, ENTERED])]);
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(6 * 1024 * 1024);
  }, 120_000);

  it('come in smaller pages if their names are long, to fit a response', async () => {
    const long = '"'.repeat(600);
    await addMembers(crowd(4_500).map(([consumerId]) => [consumerId, long, long]));
    const first = await get(group, 'format=csv');
    expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThan(6 * 1024 * 1024 * 0.95);
    expect(first.headers['link']).toContain('rel="next"');
  }, 120_000);

  it('respect the limit, which the link to the next page repeats', async () => {
    await addMembers(crowd(5));
    const first = await get(group, 'format=csv&limit=2');
    expect(rowsOf(first.body)).toHaveLength(3);
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
  ])('with Accept %j are %s', async (accept, form) => {
    const response = await get(group, '', { headers: { accept } });
    expect(response.headers['content-type']?.startsWith(form === 'csv' ? 'text/csv' : 'application/json')).toBe(true);
  });

  it('are JSON with format=json regardless of Accept, 25 per page', async () => {
    await addMembers(crowd(30));
    const response = await get(group, 'format=json', { headers: { accept: 'text/csv' } });
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.body.items).toHaveLength(25);
  });

  it.each([
    ['format=pdf', 422, 'invalid_request'],
    ['format=csv&limit=101', 422, 'limit_out_of_range'],
    ['format=csv&cursor=forged', 400, 'invalid_cursor'],
  ])('are refused for %s', async (query, status, code) => {
    const response = await get(group, query);
    expect([response.status, response.body.code]).toEqual([status, code]);
  });

  it('are documented with their content type and Link header', () => {
    const route = group === 'list' ? '/v1/lists/{listId}/members' : '/v1/segments/{segmentId}/members';
    const operation = description.paths[route]?.['get'];
    expect(Object.keys(operation?.responses[200]?.content ?? {})).toEqual(['application/json', 'text/csv']);
    expect(Object.keys(operation?.responses[200]?.headers ?? {})).toEqual(['Link']);
    expect(operation?.parameters?.map(({ name }) => name)).toContain('format');
  });
});

it('a table of an unknown list is not found', async () => {
  const response = await get('list', 'format=csv', { params: { listId: 'none' } });
  expect([response.status, response.body.code]).toEqual([404, 'not_found']);
});
