import { afterAll, describe, expect, it } from '@jest/globals';
import { entriesOf } from '../../infra/catalogues.ts';
import { compileFilters } from '../../infra/local/runtime/events/filter.ts';
import { itemOf } from '../../shared/data/items.ts';
import type { StoredRecord } from '../../shared/usecases/ports/records.ts';
import { accountOf, eventOf, metricsOf, profileOf, settingsAsking } from '../support/records.ts';
import { appWith, catalogues, removeFolders, resourcesOf, templateOf } from '../support/templates.ts';

const product = templateOf(appWith());
afterAll(removeFolders);

/** The deployed filters of a consumer of the stream. */
const filterOf = (consumer: string) => {
  const batchSize = entriesOf(catalogues.streams).find(({ name }) => name === consumer)?.row.batchSize;
  const mappings = resourcesOf(product, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => properties);
  const criteria = mappings.find(({ BatchSize }) => BatchSize === batchSize)?.['FilterCriteria'];
  const { Filters } = (criteria ?? { Filters: [] }) as { Filters: { Pattern: string }[] };
  return compileFilters(Filters.map(({ Pattern }) => JSON.parse(Pattern)));
};
const member: StoredRecord = {
  kind: 'member',
  consumerId: 'c1',
  ruleVersion: 1,
  segmentId: 's',
  enteredAt: '2026-03-01T12:00:00.000Z',
  fullName: null,
  email: null,
};
const memberships: StoredRecord = {
  kind: 'memberships',
  consumerId: 'c1',
  version: 1,
  ruleVersions: {},
  lists: [],
  dueAt: null,
};
const entered = eventOf('c1', { type: 'segment_entered' });

describe('a change of the table', () => {
  const isSent = (consumer: string, before: StoredRecord | null, after: StoredRecord | null) =>
    filterOf(consumer)({
      eventName: before ? (after ? 'MODIFY' : 'REMOVE') : 'INSERT',
      dynamodb: { ...(before && { OldImage: itemOf(before) }), ...(after && { NewImage: itemOf(after) }) },
    });

  it.each<[string, StoredRecord | null, StoredRecord | null, boolean, boolean]>([
    ['a profile', null, profileOf('c1'), true, true],
    ['metrics', metricsOf('c1'), metricsOf('c1', { version: 2 }), true, true],
    ['an account', null, accountOf('c1'), true, true],
    ['memberships', null, memberships, true, false],
    ['a new member', null, member, true, false],
    ['a removed member', member, null, true, false],
    ['settings', null, settingsAsking(1), false, true],
    ['an event segment_entered', null, entered, false, true],
    ['an event segment_left', null, eventOf('c1', { type: 'segment_left' }), false, true],
    ['a removed event', entered, null, false, false],
    ['any other event', null, eventOf('c1', { type: 'order_placed' }), false, false],
    [
      'an event with such a type in its attributes',
      null,
      eventOf('c1', { attributes: { type: 'segment_left' } }),
      false,
      false,
    ],
  ])('by %s is delivered to its consumers only', (_, before, after, follows, publishes) => {
    expect(isSent('keep-summaries', before, after)).toBe(follows);
    expect(isSent('publish-changes', before, after)).toBe(publishes);
  });
});
