import { describe, expect, it } from '@jest/globals';
import { streams } from '../../functions/streams.ts';
import type { Item } from '../../shared/data/fields.ts';
import { newUlid } from '../../shared/data/ids.ts';
import { itemOf, keyOf, recordOf } from '../../shared/data/items.ts';
import { SLICES, sliceOf, table } from '../../shared/data/table.ts';
import { edited } from '../../shared/domain/consumer/edit.ts';
import { entriesOf } from '../../shared/domain/consumer/search.ts';
import { type Kind, type StoredRecord, storedKind } from '../../shared/usecases/ports/records.ts';
import { pointsOf } from '../support/every-kind.ts';
import { eventOf, metricsOf, profileOf } from '../support/records.ts';

const bytes = (text: string) => Buffer.byteLength(text);
/** As DynamoDB counts: names and values, numbers by two digits a byte. */
const sizeOf = (item: Item) =>
  Object.entries(item).reduce(
    (sum, [name, { S, N, B }]) =>
      sum + bytes(name) + (S ? bytes(S) : N ? Math.ceil(N.length / 2) + 1 : (B?.length ?? 1)),
    0,
  );

const consumerId = newUlid('2026-01-01T00:00:00.000Z');
const at = '2026-02-01T12:00:00.000Z';
const secrets = {
  email: 'anna.secret@example.org',
  phone: '+447911123456',
  fullName: 'Anna Secret',
  tags: [{ name: 'Secret', type: null }],
};

describe('the table', () => {
  it('stores the state of rewards and challenges under its first name', () => {
    const record = pointsOf(consumerId).find(({ kind }) => kind === 'rewardsState');
    if (!record) throw new Error('no rewards state among the records');
    const item = itemOf(record);
    expect([item['kind'], item['sk'], item['shard']]).toEqual([
      { S: 'programme' },
      { S: 'z/programme' },
      { S: `programme#${sliceOf(consumerId)}` },
    ]);
    expect(recordOf(item)).toEqual(record);
    expect(() => recordOf({ ...item, kind: { S: 'rewardsState' } })).toThrow('no known kind');
  });

  it('stores the versions of a segment rule under the names that existing tables have', () => {
    const rule = { attribute: 'tags', operator: 'contains', value: 'vip' };
    const record: StoredRecord = {
      kind: 'segment',
      segmentId: 's',
      name: 'S',
      source: 'rule',
      version: 3,
      live: { number: 4, rule },
      filling: { number: 5, rule, since: at },
      retiring: null,
      createdAt: at,
      updatedAt: at,
      refreshedAt: at,
    };
    const item = itemOf(record);
    expect(JSON.parse(item['live']?.S ?? '')).toEqual({ unit: 4, rule });
    expect(JSON.parse(item['next']?.S ?? '')).toEqual({ unit: 5, rule, since: at });
    expect(item).not.toHaveProperty('last');
    expect(recordOf(item)).toEqual(record);
  });

  it('has every kind that a stream consumer asks for', () => {
    const stored = (Object.keys(table) as Kind[]).map(storedKind);
    const kinds = Object.values(streams).flatMap((rows) => Object.values(rows).flatMap((row) => row.kinds));
    for (const kind of kinds) expect(stored).toContain(kind);
  });

  it('names nobody in a key', () => {
    const profile = profileOf(consumerId, secrets);
    const records: StoredRecord[] = [
      profile,
      metricsOf(consumerId),
      { kind: 'contact', channel: 'email', contact: secrets.email, consumerId },
      { kind: 'contact', channel: 'phone', contact: secrets.phone, consumerId },
      ...entriesOf(profile).map((entry) => ({ kind: 'directory' as const, consumerId, ...entry })),
    ];
    for (const record of records) {
      expect(JSON.stringify(keyOf(record)).toLowerCase()).not.toMatch(/secret|7911|anna/);
    }
  });

  it('keeps a typical consumer within 2 KB, metrics within 1 KB', () => {
    const profile = profileOf(consumerId, {
      ...secrets,
      membership: 'opted_in',
      gender: 'female',
      birthday: '1990-05-01',
      joinedAt: at,
      customAttributes: { size: 'M', favourite: 'vinyl', newsletter: true },
      answers: { q1: 'from a friend' },
      syncSources: [
        { source: 'shopify', externalId: 'gid://shopify/Customer/1234567', lastSyncedAt: at, status: 'synced' },
      ],
    });
    const metrics = metricsOf(consumerId, {
      orders: 12,
      paidMinor: 123_456,
      firstOrderAt: at,
      lastOrderAt: at,
      loyaltySum: '-1a8f3c2b4d5e6f708192a3b4c5p640',
      activitySum: '1a8f3c2b4d5e6f708192a3b4c5p640',
      messagesSent: 60,
      messagesEngaged: 40,
      lastEngagedAt: at,
      lastEventAt: at,
      recordedAt: at,
      engagedMinutes: Array.from({ length: 40 }, (_, n) => 29_000_000 + n),
      place: { value: { city: 'Leeds', region: 'England', country: 'GB' }, at, eventId: consumerId },
      timezone: { value: 'Europe/London', at, eventId: consumerId },
      scoringVersion: 2 ** 52,
      advocacy: { friend_referred: '37bmh0l82W', review_written: '37bmh0l82W1k8h0K6jl82W' },
      dueAt: at,
    });
    expect(sizeOf(itemOf(metrics))).toBeLessThanOrEqual(1024);
    expect(sizeOf(itemOf(profile)) + sizeOf(itemOf(metrics))).toBeLessThanOrEqual(2048);
  });

  it('holds the longest that may be said: keys within 1 KB, the fullest profile far below 400 KB', () => {
    const wide = '\u{1d160}';
    const id = 'ÿ\u{ffff}'.repeat(64);
    const longest: StoredRecord[] = [
      eventOf(consumerId, { eventId: id, occurredAt: at }),
      { kind: 'refund', consumerId, orderId: id, refundId: id, eventId: id, occurredAt: at, digest: '' },
      {
        kind: 'order',
        consumerId,
        orderId: id,
        version: 1,
        occurredAt: at,
        totalMinor: 1,
        refundedMinor: 0,
        returned: false,
        settlement: null,
        eventId: id,
        digest: '',
        earned: null,
        awards: [],
      },
    ];
    for (const record of longest) expect(bytes(keyOf(record).sk)).toBeLessThanOrEqual(1024);
    const attributes = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, '"'.repeat(500)]));
    const full = edited(profileOf(consumerId), {
      fullName: wide.repeat(100),
      email: `${'é'.repeat(64)}@${'ü'.repeat(60)}.${'ü'.repeat(60)}.org`,
      tags: Array.from({ length: 50 }, (_, n) => ({ name: `${wide.repeat(30)}${n}`, type: null })),
      customAttributes: attributes,
      answers: attributes,
    });
    expect(sizeOf(itemOf({ ...profileOf(consumerId), ...full }))).toBeLessThan(200 * 1024);
    for (const entry of entriesOf(full)) {
      const { rank, facet } = itemOf({ kind: 'directory', consumerId, ...entry });
      expect(bytes(rank?.S ?? '')).toBeLessThanOrEqual(1024);
      expect(bytes(facet?.S ?? '')).toBeLessThanOrEqual(2048);
    }
  });

  it('reads the images of a stream, whose binary values are text', () => {
    const metrics = metricsOf(consumerId, { engagedMinutes: [1, 29_000_000] });
    const { engagedAt, ...item } = itemOf(metrics);
    const image = { ...item, engagedAt: { B: Buffer.from(engagedAt?.B ?? []).toString('base64') } } as unknown as Item;
    expect(recordOf(image)).toEqual(metrics);
  });

  it('spreads consumers evenly over the slices', () => {
    const counts = Array<number>(SLICES).fill(0);
    for (let n = 0; n < 8000; n += 1) {
      const slice = sliceOf(newUlid(at));
      counts[slice] = (counts[slice] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });

  it('makes ids that sort by time', () => {
    const ids = [1, 2, 1000, 1e6].map((ms) => newUlid(new Date(Date.parse(at) + ms).toISOString()));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(newUlid(at)).not.toBe(newUlid(at));
  });
});
