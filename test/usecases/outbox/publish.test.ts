import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Profile } from '../../../shared/domain/facts.ts';
import { scoringOf } from '../../../shared/usecases/organization/scoring.ts';
import { publishChanges } from '../../../shared/usecases/outbox/publish.ts';
import type { Bus, DomainEvent } from '../../../shared/usecases/ports/bus.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Change } from '../../../shared/usecases/ports/store.ts';
import { NOW } from '../../support/events.ts';
import { accountOf, eventOf, metricsOf, profileOf, settingsAsking } from '../../support/records.ts';

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

const inTier = (tierId: string | null, manual = false) => ({
  tier: { tierId, since: NOW, manual, cause: 'change' as const },
});

const LATELY = '2026-02-03T04:05:06.789Z';
const balances = { available: 7, score: 9, spent: 2, pending: 0, reserved: 0, expired: 0 };
const entry = (other: Partial<RecordOf<'entry'>> = {}): RecordOf<'entry'> => ({
  ...{ kind: 'entry', consumerId: 'c1', entryId: 'n1', at: LATELY, type: 'add', points: 9, balances, parts: [] },
  ...{ reason: 'for Ann', textKey: 'point_add', actor: 'ada@example.com', cause: 'change', about: {}, ...other },
});
const claim = (other: Partial<RecordOf<'claim'>> = {}): RecordOf<'claim'> => ({
  ...{ kind: 'claim', consumerId: 'c1', claimId: 'k1', version: 1, rewardId: 'mug', name: 'Mug', points: 9 },
  ...{ entryId: 'n1', claimedAt: LATELY, cancelledAt: null, parts: [], digest: 'd', ...other },
});
const programme = (completions: Record<string, number>): RecordOf<'rewardsState'> => ({
  ...{ kind: 'rewardsState', consumerId: 'c1', version: 1, claims: {}, latestClaims: [], completed: [] },
  challenges: Object.fromEntries(
    Object.entries(completions).map(([id, times]) => [
      id,
      { progress: 1, completions: times, completedAt: times > 0 ? LATELY : null },
    ]),
  ),
});

/** By detail type, the fields that infra/README.md tells of. */
const documented = (leftOut: readonly string[]): Map<string, string[]> => {
  const [, chapter = ''] = readFileSync('infra/README.md', 'utf8').split('\n## Events on the bus\n');
  const rows = (chapter.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const named = (cell = '') => [...cell.matchAll(/`([\w.]+)\??`/g)].map(([, name = '']) => name);
  return new Map(
    rows.flatMap((row) => {
      const [, types, , fields] = row.split('|');
      const all = ['consumerId', 'at', ...named(fields)].sort();
      return named(types).flatMap((type): [string, string[]][] => (leftOut.includes(type) ? [] : [[type, all]]));
    }),
  );
};

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
    ['a first tier', undefined, accountOf('c1', inTier('silver')), ['tier.changed']],
    ['another tier', accountOf('c1', inTier('silver')), accountOf('c1', inTier('gold')), ['tier.changed']],
    ['a tier that is lost', accountOf('c1', inTier('silver')), accountOf('c1', inTier(null)), ['tier.changed']],
    ['a tier by hand that is earned now', accountOf('c1', inTier('gold', true)), accountOf('c1', inTier('gold')), []],
    ['a first account', undefined, accountOf('c1'), []],
    ['other points', accountOf('c1'), accountOf('c1', { score: 5 }), []],
    ['an account that is gone', accountOf('c1', inTier('silver')), undefined, []],
    ['an event', undefined, eventOf('c1'), []],
    ['an entry of the ledger', undefined, entry(), ['points.changed']],
    ['an entry that went with its consumer', entry(), undefined, []],
    ['a claim', undefined, claim(), ['reward.claimed']],
    ['a claim that is cancelled', claim(), claim({ version: 2, cancelledAt: NOW }), []],
    ['a claim that went with its consumer', claim(), undefined, []],
    ['a first progress', undefined, programme({ run: 0 }), []],
    ['a first completion', undefined, programme({ run: 1 }), ['challenge.completed']],
    ['progress after it', programme({ run: 1 }), programme({ run: 1, swim: 0 }), []],
    ['another completion', programme({ run: 1 }), programme({ run: 2 }), ['challenge.completed']],
    ['two of them', programme({ run: 1 }), programme({ run: 3, swim: 1 }), Array(2).fill('challenge.completed')],
    ['a programme that is gone', programme({ run: 1 }), undefined, []],
  ])('of %s', async (_, before, after, expected) => {
    const { deps, published } = world();
    expect(await publishChanges(deps, [change(before, after)])).toBe(1);
    expect(published.map(({ detailType }) => detailType)).toEqual(expected);
  });

  it('is what the documentation says, field by field', async () => {
    const { deps, published } = world();
    const flip = { type: 'segment_entered', attributes: { segmentId: 's', cause: 'change', eventId: 'e1' } };
    await publishChanges(deps, [
      change(undefined, profile({ ...registered, emailVerified: true })),
      change(metricsOf('c1'), metricsOf('c1', { band: 'vip', bandSince: NOW, bandCause: 'time' })),
      change(undefined, entry({ about: { eventId: 'e1' } })),
      change(undefined, accountOf('c1', inTier('silver'))),
      change(undefined, claim()),
      change(undefined, programme({ run: 1 })),
      change(undefined, eventOf('c1', flip)),
      change(undefined, eventOf('c1', { ...flip, type: 'segment_left' })),
    ]);
    const told = published.map(({ detailType, detail }) => [detailType, Object.keys(detail).sort()]);
    const elsewhere = ['consumer.erased'];
    expect(new Map(told as [string, string[]][])).toEqual(documented(elsewhere));
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

  it('of a tier is from where to where, since when, by what, and whether by hand', async () => {
    const { deps, published } = world();
    const at = '2026-02-03T04:05:06.789Z';
    const after = accountOf('c1', { tier: { tierId: 'gold', since: at, manual: true, cause: 'change' } });
    await publishChanges(deps, [change(accountOf('c1', inTier('silver')), after)]);
    const detail = { consumerId: 'c1', from: 'silver', to: 'gold', at, cause: 'change', manual: true };
    expect(published).toEqual([{ detailType: 'tier.changed', detail, at }]);
  });

  it.each<[string, Partial<RecordOf<'entry'>>, object]>([
    ['somebody gave', {}, { type: 'add', cause: 'change' }],
    ['an event earned', { about: { eventId: 'e1', orderId: 'o1' } }, { type: 'add', cause: 'change', eventId: 'e1' }],
    ['time took', { type: 'expire', cause: 'time' }, { type: 'expire', cause: 'time' }],
    ['a cancelled claim gave back', { type: 'return' }, { type: 'reverse', cause: 'change' }],
  ])('of points that %s is how many there are now, and nothing of who or why', async (_, other, said) => {
    const { deps, published } = world();
    await publishChanges(deps, [change(undefined, entry(other))]);
    const detail = { consumerId: 'c1', entryId: 'n1', points: 9, balances, at: LATELY, ...said };
    expect(published).toEqual([{ detailType: 'points.changed', detail, at: LATELY }]);
  });

  it('of a claim is the reward and what it cost', async () => {
    const { deps, published } = world();
    await publishChanges(deps, [change(undefined, claim())]);
    const detail = { consumerId: 'c1', claimId: 'k1', rewardId: 'mug', points: 9, at: LATELY };
    expect(published).toEqual([{ detailType: 'reward.claimed', detail, at: LATELY }]);
  });

  it('of challenges is each one that was completed, and how often at once', async () => {
    const { deps, published } = world();
    await publishChanges(deps, [change(programme({ run: 1, row: 4 }), programme({ run: 3, row: 4, swim: 1 }))]);
    const of = (challengeId: string, times: number) => ({ consumerId: 'c1', challengeId, times, at: LATELY });
    expect(published.map(({ detail }) => detail)).toEqual([of('run', 2), of('swim', 1)]);
    expect(new Set(published.map(({ at }) => at))).toEqual(new Set([LATELY]));
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

describe('an edited segment', () => {
  const rule = { attribute: 'tags', operator: 'contains', value: 'vip' };
  const segment = (other: Partial<RecordOf<'segment'>>): RecordOf<'segment'> => ({
    ...{ kind: 'segment', segmentId: 's', name: 'S', source: 'rule', version: 1, createdAt: NOW, updatedAt: NOW },
    ...{ live: null, filling: null, retiring: null, refreshedAt: null },
    ...other,
  });
  const version = (number: number) => ({ number, rule });
  const newVersion = (number: number) => ({ number, rule, since: NOW });
  const none = { number: 0, rule: null };
  const [fill, clean] = ['segments-backfill', 'segments-cleanup'];

  it.each<[string, Partial<RecordOf<'segment'>> | null, Partial<RecordOf<'segment'>> | null, unknown[]]>([
    ['is filled when it is new', null, { filling: newVersion(1) }, [[fill]]],
    ['is filled anew by another rule', { live: version(1) }, { live: version(1), filling: newVersion(2) }, [[fill]]],
    [
      'lets those go who entered by a rule that is no longer wanted',
      { filling: newVersion(1) },
      { filling: newVersion(2) },
      [[fill], [clean, 1]],
    ],
    ['that is told has nothing to do', { filling: newVersion(1) }, { live: version(1), retiring: none }, []],
    [
      'lets go who was left of the old rule',
      { live: version(2), retiring: version(1) },
      { live: version(2) },
      [[clean, 1]],
    ],
    ['had no old rule before the first', { live: version(1), retiring: none }, { live: version(1) }, []],
    ['is not filled for another name', { filling: newVersion(1) }, { name: 'T', filling: newVersion(1) }, []],
    [
      'that is deleted lets all go',
      { live: version(2), filling: newVersion(3), retiring: version(1) },
      null,
      [[clean, 2, 3, 1]],
    ],
    ['that is deleted before the first members has those who entered', { filling: newVersion(1) }, null, [[clean, 1]]],
  ])('%s, once however often it is told', async (_, before, after, expected) => {
    const { deps, started } = world();
    const changed = change(before ? segment(before) : undefined, after ? segment(after) : undefined);
    await publishChanges(deps, [changed]);
    await publishChanges(deps, [changed]);
    const asked = (name: unknown, units: unknown[]) => (name === clean ? { units, now: NOW } : {});
    const all = expected.map((one) => {
      const [name, ...units] = one as unknown[];
      return [name, expect.any(String), asked(name, units)];
    });
    expect(started).toEqual([...all, ...all]);
    expect(new Set(started.map(([, name]) => name)).size).toBe(all.length);
  });

  it('is filled again where a restored table gives its units to other rules', async () => {
    const { deps, started } = world();
    const other = { ...newVersion(1), rule: { ...rule, value: 'old' } };
    for (const each of [newVersion(1), other])
      await publishChanges(deps, [change(undefined, segment({ filling: each }))]);
    expect(new Set(started.map(([, name]) => name)).size).toBe(2);
  });

  it('is told by the history: who entered and who left', async () => {
    const { deps, published } = world();
    const at = '2026-02-03T04:05:06.789Z';
    const attributes = { segmentId: 's', cause: 'time' };
    const left = eventOf('c1', { type: 'segment_left', occurredAt: at, attributes });
    const entered = eventOf('c1', { type: 'segment_entered', occurredAt: at, attributes });
    await publishChanges(deps, [change(undefined, left), change(undefined, entered), change(entered, entered)]);
    const detail = { ...attributes, consumerId: 'c1', at };
    expect(published).toEqual([
      { detailType: 'segment.left', detail, at },
      { detailType: 'segment.entered', detail, at },
    ]);
  });
});

describe('new scoring rules', () => {
  const changed = change(settings(4, { halfLifeDays: 90 }), settings(5, { halfLifeDays: 30 }));

  it('start folding everyone again, under one name however often they are told', async () => {
    const { deps, started } = world();
    await publishChanges(deps, [changed]);
    await publishChanges(deps, [changed]);
    const { version: rules } = scoringOf(settings(5, { halfLifeDays: 30 }));
    expect(started).toEqual(
      Array(2).fill(['metrics-rebuild', `settings-5-${rules}`, { now: NOW, rules, isPatient: false }]),
    );
  });

  it('start it again where a restored table gives its versions to others', async () => {
    const { deps, started } = world();
    await publishChanges(deps, [changed, change(settings(4, { halfLifeDays: 90 }), settings(5, { halfLifeDays: 60 }))]);
    expect(new Set(started.map(([, name]) => name)).size).toBe(2);
  });

  const ordersOf = (days: number) => ({
    event: 'order_placed',
    where: [],
    measure: 'count' as const,
    within: { days },
  });
  const asked = (version: number, ...days: number[]) => settingsAsking(version, ...days.map(ordersOf));

  it.each([
    ['asked of events for the first time', undefined, asked(1, 7), 1],
    ['asked of events besides', asked(4, 7), asked(5, 7, 30), 1],
    ['no longer asked', asked(4, 7, 30), asked(5, 30), 1],
    ['asked instead', asked(4, 7), asked(5, 30), 1],
    ['asked again', asked(4, 7, 30), asked(5, 30, 7), 0],
    ['asked by none, nor was before', undefined, asked(1), 0],
  ])('are what segment rules ask: %s', async (_, before, after, times) => {
    const { deps, started } = world();
    await publishChanges(deps, [change(before, after)]);
    const asked = { now: NOW, rules: scoringOf(after).version, isPatient: true };
    expect(started).toEqual(Array(times).fill(['metrics-rebuild', expect.any(String), asked]));
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

describe('another number of days until consumers are archived', () => {
  const archiving = (version: number, archiveAfterDays: number): RecordOf<'settings'> => ({
    kind: 'settings',
    version,
    documents: { profile: { version, updatedAt: NOW, updatedBy: 'staff', value: { archiveAfterDays } } },
  });

  it.each([
    ['less', change(archiving(4, 730), archiving(5, 30)), ['settings-5-30']],
    ['more', change(archiving(4, 30), archiving(5, 30.5)), ['settings-5-30_5']],
    ['the first', change(undefined, archiving(1, 365)), ['settings-1-365']],
    ['the same', change(archiving(4, 30), archiving(5, 30)), []],
    ['the default, said', change(undefined, archiving(1, 730)), []],
  ])('has everyone looked at, under one name however often it is told: %s', async (_, changed, names) => {
    const { deps, started } = world();
    await publishChanges(deps, [changed]);
    await publishChanges(deps, [changed]);
    const all = names.map((name) => ['archive-rebuild', name, { now: NOW }]);
    expect(started).toEqual([...all, ...all]);
  });
});

describe('a list that is deleted', () => {
  const list = (name: string): RecordOf<'list'> => ({
    ...{ kind: 'list', listId: 'friends', name, version: 1, createdAt: NOW, updatedAt: NOW },
  });

  it('has its members taken off, under one name however often it is told, and under another where it comes again', async () => {
    const { deps, started, published } = world();
    const gone = change(list('Friends'), undefined);
    await publishChanges(deps, [
      change(undefined, list('Friends')),
      change(list('Friends'), list('Family')),
      gone,
      gone,
    ]);
    await publishChanges(deps, [change(list('Family'), undefined)]);
    expect(started.map(([workflow, , input]) => [workflow, input])).toEqual(
      Array(3).fill(['lists-cleanup', { listId: 'friends' }]),
    );
    const names = started.map(([, name]) => String(name));
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => /^[\w-]{1,80}$/.test(name))).toBe(true);
    expect(published).toEqual([]);
  });
});

describe('another ladder of tiers', () => {
  const EDITED = '2026-03-01T11:59:59.500Z';
  const tier = (tierId: string, threshold: number, name = tierId) => ({ tierId, name, threshold });
  const ladder = (version: number, tiers: ReturnType<typeof tier>[], isOn = true): RecordOf<'settings'> => ({
    kind: 'settings',
    version,
    documents: {
      tiers: { version, updatedAt: EDITED, updatedBy: 'staff', value: { tiers } },
      modules: { version: 1, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'staff', value: { tiers: isOn } },
    },
  });
  const [low, high] = [[tier('silver', 100)], [tier('silver', 200)]];

  it('moves everyone, since it was edited, under one name however often it is told', async () => {
    const { deps, started } = world();
    const changed = change(ladder(4, low), ladder(5, high));
    await publishChanges(deps, [changed]);
    await publishChanges(deps, [changed]);
    const name = expect.stringMatching(/^settings-5-[\w-]{43}$/);
    expect(started).toEqual(Array(2).fill(['tiers-rebuild', name, { now: EDITED }]));
    expect(new Set(started.map(([, called]) => called)).size).toBe(1);
  });

  it('moves everyone again where a restored table gives its versions to others', async () => {
    const { deps, started } = world();
    const other = ladder(5, [tier('silver', 300)]);
    await publishChanges(deps, [change(ladder(4, low), ladder(5, high)), change(ladder(4, low), other)]);
    expect(new Set(started.map(([, name]) => name)).size).toBe(2);
  });

  it.each([
    ['the first one', undefined, ladder(1, low), true],
    ['one more tier', ladder(4, low), ladder(5, [...low, tier('gold', 500)]), true],
    ['no tiers any more', ladder(4, low), ladder(5, []), true],
    ['the module switched on', ladder(4, low, false), ladder(5, low), true],
    ['the module switched off: nobody moves', ladder(4, low), ladder(5, low, false), false],
    ['while the module is off', ladder(4, low, false), ladder(5, high, false), false],
    ['another name', ladder(4, low), ladder(5, [tier('silver', 100, 'Silber')]), false],
    ['another order', ladder(4, [...low, tier('gold', 5)]), ladder(5, [tier('gold', 5), ...low]), false],
    ['the first settings, without tiers', undefined, ladder(1, []), false],
    ['other settings', settings(1, { halfLifeDays: 90 }), settings(2, { halfLifeDays: 90 }), false],
  ])('is %s', async (_, before, after, moves) => {
    const { deps, started } = world();
    await publishChanges(deps, [change(before, after)]);
    expect(started.map(([workflow]) => workflow)).toEqual(moves ? ['tiers-rebuild'] : []);
  });
});
