import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf, entriesOf, rowsOf, timeoutSecondsOf } from '../../infra/catalogues.ts';
import { smallCatalogues } from '../support/small-project.ts';
import { catalogues } from '../support/templates.ts';

describe('the rows of the catalogues', () => {
  it('name the file that handles each, steps once however many tasks run them', () => {
    expect(rowsOf(smallCatalogues).map(({ kind, name, file }) => `${kind} ${name}: ${file}`)).toEqual([
      'route GET /v1/parcels/{parcelId}: parcels/endpoints/read-one.ts',
      'route POST /v1/parcels: parcels/endpoints/create.ts',
      'route GET /posters: posters/endpoints/read.ts',
      'job weigh-all: parcels/jobs/weigh-all.ts',
      'stream notice-changes: parcels/streams/notice-changes.ts',
      'step send-some: parcels/steps/send-some.ts',
    ]);
  });

  it('make a capability of whatever has rows', () => {
    expect(capabilitiesOf(smallCatalogues)).toEqual(['parcels', 'posters']);
  });

  it('let a function run as long as the slowest of its rows', () => {
    expect(timeoutSecondsOf({ ...smallCatalogues, workflows: {} }, 'parcels')).toBe(120);
    expect(timeoutSecondsOf(smallCatalogues, 'parcels')).toBe(900);
    expect(timeoutSecondsOf(smallCatalogues, 'posters')).toBe(29);
  });

  it('refuse a route that two capabilities serve', () => {
    const { posters = {} } = smallCatalogues.api;
    expect(() => rowsOf({ ...smallCatalogues, api: { posters, placards: posters } })).toThrow(/GET \/posters/);
  });

  it('refuse a second consumer of the stream in one capability', () => {
    const { 'notice-changes': consumer } = smallCatalogues.streams['parcels'] ?? {};
    if (!consumer) throw new Error('the small catalogue has a stream consumer');
    expect(() => rowsOf({ ...smallCatalogues, streams: { parcels: { one: consumer, other: consumer } } })).toThrow(
      /other of parcels/,
    );
  });

  it('refuse a job or a workflow whose name another capability uses', () => {
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
  /** Everything else is for staff alone, or public. */
  const OPEN_TO_STOREFRONTS = [
    'GET /v1/consumers',
    'GET /v1/consumers/lookup',
    'GET /v1/consumers/{consumerId}',
    'GET /v1/consumers/{consumerId}/challenges',
    'GET /v1/consumers/{consumerId}/consents',
    'GET /v1/consumers/{consumerId}/contactability',
    'GET /v1/consumers/{consumerId}/events',
    'GET /v1/consumers/{consumerId}/points',
    'GET /v1/consumers/{consumerId}/points/lots',
    'GET /v1/consumers/{consumerId}/reward-claims',
    'POST /v1/consumers',
    'POST /v1/consumers/{consumerId}/consents',
    'POST /v1/consumers/{consumerId}/events',
    'POST /v1/consumers/{consumerId}/membership',
    'POST /v1/consumers/{consumerId}/reward-claims',
    'POST /v1/events/batch',
    'PATCH /v1/consumers/{consumerId}',
    'PUT /v1/consumers/{consumerId}/sync-sources/{source}',
    'PUT /v1/consumers/{consumerId}/tags/{tag}',
    'DELETE /v1/consumers/{consumerId}/reward-claims/{claimId}',
    'DELETE /v1/consumers/{consumerId}/tags/{tag}',
  ];

  it('opens these routes and no others', () => {
    const open = entriesOf(catalogues.api).filter(({ row }) => row.access === 'storefront');
    expect(open.map(({ row }) => `${row.method} ${row.path}`).sort()).toEqual([...OPEN_TO_STOREFRONTS].sort());
  });
});
