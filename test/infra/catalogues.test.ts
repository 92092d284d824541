import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf, entriesOf, rowsOf, timeoutSecondsOf } from '../../infra/catalogues.ts';
import type { Access } from '../../shared/edge/catalogue.ts';
import { smallCatalogues } from '../support/small-project.ts';
import { catalogues } from '../support/templates.ts';

describe('the rows of the catalogues', () => {
  it('name the handler file of each row, and list a step once even if several tasks run it', () => {
    expect(rowsOf(smallCatalogues).map(({ kind, name, file }) => `${kind} ${name}: ${file}`)).toEqual([
      'route GET /v1/parcels/{parcelId}: parcels/endpoints/read-one.ts',
      'route POST /v1/parcels: parcels/endpoints/create.ts',
      'route GET /posters: posters/endpoints/read.ts',
      'job weigh-all: parcels/jobs/weigh-all.ts',
      'stream notice-changes: parcels/streams/notice-changes.ts',
      'step send-some: parcels/steps/send-some.ts',
    ]);
  });

  it('yield the capabilities that have rows', () => {
    expect(capabilitiesOf(smallCatalogues)).toEqual(['parcels', 'posters']);
  });

  it('give a function the longest timeout of its rows', () => {
    expect(timeoutSecondsOf({ ...smallCatalogues, workflows: {} }, 'parcels')).toBe(120);
    expect(timeoutSecondsOf(smallCatalogues, 'parcels')).toBe(900);
    expect(timeoutSecondsOf(smallCatalogues, 'posters')).toBe(29);
  });

  it('are refused if two capabilities serve the same route', () => {
    const { posters = {} } = smallCatalogues.api;
    expect(() => rowsOf({ ...smallCatalogues, api: { posters, placards: posters } })).toThrow(/GET \/posters/);
  });

  it('are refused if a capability has two consumers of the stream', () => {
    const { 'notice-changes': consumer } = smallCatalogues.streams['parcels'] ?? {};
    if (!consumer) throw new Error('the small catalogue has a stream consumer');
    expect(() => rowsOf({ ...smallCatalogues, streams: { parcels: { one: consumer, other: consumer } } })).toThrow(
      /other of parcels/,
    );
  });

  it('are refused if two capabilities use the same name for a job or a workflow', () => {
    const { jobs, workflows } = smallCatalogues;
    expect(() => rowsOf({ ...smallCatalogues, jobs: { ...jobs, posters: jobs['parcels'] ?? {} } })).toThrow(
      /job weigh-all of posters twice/,
    );
    expect(() =>
      rowsOf({ ...smallCatalogues, workflows: { ...workflows, posters: workflows['parcels'] ?? {} } }),
    ).toThrow(/workflow send-all of posters twice/);
  });
});

describe('the scope of a storefront', () => {
  const access = new Map<string, Access>(
    entriesOf(catalogues.api).map(({ row }) => [`${row.method} ${row.path}`, row.access]),
  );

  it.each([
    'DELETE /v1/consumers/{consumerId}',
    'POST /v1/consumers/{consumerId}/loyalty-score-adjustments',
    'POST /v1/consumers/{consumerId}/tier',
    'POST /v1/consumers/{consumerId}/points',
    'POST /v1/consumers/{consumerId}/exports',
    'POST /v1/rewards',
    'POST /v1/challenges',
    'POST /v1/lists',
    'POST /v1/segments',
    'PUT /v1/settings/{document}',
    'POST /v1/inbound-sms',
  ])('does not open %s', (route) => {
    expect(access.get(route)).toBe('admin');
  });
});
