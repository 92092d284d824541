import { describe, expect, it } from '@jest/globals';
import type { Profile } from '../../shared/domain/facts.ts';
import type { Bus, Change, DomainEvent, RecordOf } from '../../shared/usecases/ports.ts';
import { publishChanges } from '../../shared/usecases/publish-changes.ts';
import { scoringOf } from '../../shared/usecases/scoring.ts';
import { NOW } from '../support/events.ts';
import { eventOf, metricsOf, profileOf } from '../support/records.ts';

const profile = (other: Partial<Profile>) => profileOf('c1', { updatedAt: NOW, ...other });
const change = (before: Change['before'], after: Change['after']): Change => ({ at: NOW, before, after });
const settings = (version: number, loyalty: { [name: string]: number }): RecordOf<'settings'> => ({
  kind: 'settings',
  version,
  documents: { loyalty: { version, updatedAt: NOW, updatedBy: 'staff', value: loyalty } },
});

/** A bus that takes so many events, and remembers them. */
const world = (most = Number.POSITIVE_INFINITY) => {
  const published: DomainEvent[] = [];
  const started: unknown[][] = [];
  const bus: Bus = {
    publish: async (events) => {
      published.push(...events.slice(0, most));
      return Math.min(most, events.length);
    },
  };
  const workflows = { start: async (...started_: unknown[]) => void started.push(started_) };
  return { deps: { bus, workflows }, published, started };
};

const registered = { email: 'ann@example.com', phone: '+447911123456', fullName: 'Ann' };

describe('what other systems are told', () => {
  it.each([
    ['a guest', undefined, profile({}), []],
    ['somebody new with a contact', undefined, profile(registered), ['consumer.registered']],
    ['a guest who leaves a contact', profile({}), profile(registered), ['consumer.registered']],
    [
      'a confirmed contact',
      profile(registered),
      profile({ ...registered, emailVerified: true }),
      ['consumer.verified'],
    ],
    [
      'somebody new with a confirmed contact',
      undefined,
      profile({ ...registered, phoneVerified: true }),
      ['consumer.registered', 'consumer.verified'],
    ],
    ['another name', profile(registered), profile({ ...registered, fullName: 'Bea' }), []],
    ['a contact that is gone', profile(registered), profile({}), []],
    ['a new band', metricsOf('c1'), metricsOf('c1', { band: 'vip' }), ['loyalty.band_changed']],
    ['the first band', undefined, metricsOf('c1'), []],
    ['other sums', metricsOf('c1'), metricsOf('c1', { orders: 1 }), []],
    ['a consumer who is gone', metricsOf('c1'), undefined, []],
    ['an event', undefined, eventOf('c1'), []],
  ])('of %s', async (_, before, after, expected) => {
    const { deps, published } = world();
    expect(await publishChanges(deps, [change(before, after)])).toBe(1);
    expect(published.map(({ detailType }) => detailType)).toEqual(expected);
  });

  it('is ids and instants, never contacts or names', async () => {
    const { deps, published } = world();
    await publishChanges(deps, [change(undefined, profile({ ...registered, emailVerified: true }))]);
    expect(published).toHaveLength(2);
    for (const { detail } of published) expect(detail).toEqual({ consumerId: 'c1', at: NOW });
  });

  it('of a band is from where to where, at the instant at which it flipped, and by what', async () => {
    const { deps, published } = world();
    const at = '2026-02-03T04:05:06.789Z';
    const after = metricsOf('c1', { band: 'returning', bandSince: at, bandCause: 'time' });
    await publishChanges(deps, [change(metricsOf('c1', { band: 'regular' }), after)]);
    const detail = { consumerId: 'c1', from: 'regular', to: 'returning', at, cause: 'time' };
    expect(published).toEqual([{ detailType: 'loyalty.band_changed', detail, at }]);
  });

  it.each([
    [0, 0],
    [1, 2],
    [2, 2],
    [3, 5],
  ])('where the bus takes %i events, %i of the changes are done', async (taken, done) => {
    const quiet = change(undefined, profile({}));
    const two = change(undefined, profile({ ...registered, emailVerified: true }));
    const one = change(undefined, profile(registered));
    expect(await publishChanges(world(taken).deps, [one, quiet, two, quiet, quiet])).toBe(done);
  });
});

describe('new scoring rules', () => {
  const changed = change(settings(4, { halfLifeDays: 90 }), settings(5, { halfLifeDays: 30 }));

  it('start folding everyone again, under one name however often they are told', async () => {
    const { deps, started } = world();
    await publishChanges(deps, [changed]);
    await publishChanges(deps, [changed]);
    const name = `settings-5-${scoringOf(settings(5, { halfLifeDays: 30 })).version}`;
    expect(started).toEqual(Array(2).fill(['metrics-rebuild', name, { now: NOW }]));
  });

  it('start it again where a restored table gives its versions to others', async () => {
    const { deps, started } = world();
    await publishChanges(deps, [changed, change(settings(4, { halfLifeDays: 90 }), settings(5, { halfLifeDays: 60 }))]);
    expect(new Set(started.map(([, name]) => name)).size).toBe(2);
  });

  it.each([
    ['the same rules in other words', change(settings(4, {}), settings(5, { halfLifeDays: 90 }))],
    ['the first settings, which say the defaults', change(undefined, settings(1, {}))],
  ])('are not %s', async (_, same) => {
    const { deps, started } = world();
    await publishChanges(deps, [same]);
    expect(started).toEqual([]);
  });

  it('start nothing for a change that comes again', async () => {
    const { deps, started } = world(0);
    expect(await publishChanges(deps, [change(undefined, profile(registered)), changed])).toBe(0);
    expect(started).toEqual([]);
  });
});
