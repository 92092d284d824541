import { describe, expect, it } from '@jest/globals';
import { completenessOf } from '../../shared/domain/completeness.ts';
import type { JsonObject } from '../../shared/domain/facts.ts';
import { minorDigitsOf, SETTINGS_DOCUMENTS, settingsOf } from '../../shared/domain/settings.ts';

type DocumentName = keyof typeof SETTINGS_DOCUMENTS;

describe('without stored documents the product’s own numbers are in force', () => {
  const { organization, profile, loyalty, influence, contact } = settingsOf({});

  it.each([
    ['currency', organization.currency, 'USD'],
    ['timezone', organization.timezone, 'UTC'],
    ['archiving', profile.archiveAfterDays, 730],
    ['fields of a complete profile', profile.completenessFields.length, 9],
    ['half-life of the loyalty score', loyalty.halfLifeDays, 90],
    ['half-life of activity', loyalty.activityHalfLifeDays, 30],
    ['joining by itself', loyalty.autoJoin, true],
    ['order', loyalty.weights.order, 10],
    ['each major unit', loyalty.weights.orderPerMajorUnit, 0.1],
    ['order at most', loyalty.weights.orderMost, 40],
    ['engaged message', loyalty.weights.messageEngaged, 1],
    ['participation', loyalty.weights.participated, 2],
    ['review', loyalty.weights.reviewWritten, 3],
    ['referral', loyalty.weights.friendReferred, 5],
    ['advocate: referral', influence.weights.friend_referred, 20],
    ['advocate: review', influence.weights.review_written, 5],
    ['advocate: share impression', influence.weights.share_impression, 5],
    ['advocate: share', influence.weights.content_shared, 3],
    ['advocate: kept per month', influence.keptPerMonth, 0.95],
    ['advocates that are ranked', influence.top, 25],
    ['quiet hours', `${contact.quietHours?.from} ${contact.quietHours?.to}`, '21:00 08:00'],
    [
      'messages a day',
      contact.frequency.map(({ channel, messages, days }) => `${channel} ${messages}/${days}`).join(),
      'email 3/1,sms 3/1,push 3/1',
    ],
    [
      'bands',
      loyalty.bands.map(({ band, from }) => `${band} ${from}`).join(),
      'new 0,returning 25,regular 50,loyal 100,vip 150',
    ],
  ])('%s', (_, value, expected) => {
    expect(value).toBe(expected);
  });
});

it('a stored document changes what it says and leaves the rest', () => {
  const settings = settingsOf({
    organization: { value: { currency: 'EUR' } },
    loyalty: { value: { halfLifeDays: 45, weights: { order: 20 } } },
    tiers: { value: { tiers: [] } },
  });
  expect(settings.organization).toEqual({ currency: 'EUR', timezone: 'UTC', name: 'Regulars' });
  expect(settings.loyalty).toMatchObject({ halfLifeDays: 45, weights: { order: 20, orderMost: 40 }, autoJoin: true });
});

const bands = (...from: number[]) => ({ bands: from.map((score, index) => ({ band: `b${index}`, from: score })) });

describe('a settings document', () => {
  it.each<[DocumentName, JsonObject, string]>([
    ['organization', { currency: 'ABC' }, 'currency'],
    ['organization', { currency: 'usd' }, 'currency'],
    ['organization', { timezone: 'Mars/Olympus' }, 'timezone'],
    ['organization', { timezone: '+02:00' }, 'timezone'],
    ['organization', { name: '' }, 'name'],
    ['organization', { name: 'x', motto: 'y' }, ''],
    ['profile', { completenessFields: ['shoeSize'] }, 'completenessFields.0'],
    ['profile', { completenessFields: ['email', 'email'] }, 'completenessFields'],
    ['profile', { archiveAfterDays: 0 }, 'archiveAfterDays'],
    ['loyalty', { halfLifeDays: 0 }, 'halfLifeDays'],
    ['loyalty', { halfLifeDays: '90' }, 'halfLifeDays'],
    ['loyalty', { weights: { order: -1 } }, 'weights.order'],
    ['loyalty', { weights: { hug: 1 } }, 'weights'],
    ['loyalty', { bands: [] }, 'bands'],
    ['loyalty', bands(5, 10), 'bands'],
    ['loyalty', bands(0, 50, 50), 'bands'],
    ['loyalty', bands(0, 50, 25), 'bands'],
    [
      'loyalty',
      {
        bands: [
          { band: 'new', from: 0 },
          { band: 'new', from: 9 },
        ],
      },
      'bands',
    ],
    ['loyalty', { bands: [{ band: 'No Good', from: 0 }] }, 'bands.0.band'],
    ['loyalty', { autoJoin: 'yes' }, 'autoJoin'],
    ['influence', { weights: { review_written: -1 } }, 'weights.review_written'],
    ['influence', { weights: { visit: 1 } }, 'weights'],
    ['influence', { keptPerMonth: 0 }, 'keptPerMonth'],
    ['influence', { keptPerMonth: 1.01 }, 'keptPerMonth'],
    ['influence', { keptPerMonth: '0.95' }, 'keptPerMonth'],
    ['influence', { top: 0 }, 'top'],
    ['influence', { top: 101 }, 'top'],
    ['influence', { top: 2.5 }, 'top'],
    ['influence', { half: 1 }, ''],
    ['contact', { quietHours: { from: '21:00' } }, 'quietHours.to'],
    ['contact', { quietHours: { from: '24:00', to: '08:00' } }, 'quietHours.from'],
    ['contact', { quietHours: { from: '21:00', to: '8:00' } }, 'quietHours.to'],
    ['contact', { frequency: [{ channel: 'fax', messages: 1, days: 1 }] }, 'frequency.0.channel'],
    ['contact', { frequency: [{ channel: 'sms', messages: 0, days: 1 }] }, 'frequency.0.messages'],
    ['contact', { frequency: [{ channel: 'sms', messages: 101, days: 1 }] }, 'frequency.0.messages'],
    ['contact', { frequency: [{ channel: 'sms', messages: 1, days: 366 }] }, 'frequency.0.days'],
    ['contact', { frequency: [{ channel: 'sms', messages: 1, days: 0.5 }] }, 'frequency.0.days'],
    ['contact', { frequency: Array(21).fill({ channel: 'sms', messages: 1, days: 1 }) }, 'frequency'],
    ['contact', { hours: null }, ''],
  ])('%s refuses %j at "%s"', (name, document, path) => {
    const result = SETTINGS_DOCUMENTS[name].safeParse(document);
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it.each<[DocumentName, JsonObject]>([
    ['organization', { currency: 'JPY', timezone: 'Asia/Tokyo', name: 'Hanko' }],
    [
      'profile',
      { completenessFields: ['email', 'answers.q1', 'customAttributes.shoe size', 'locationContext.city', 'tags'] },
    ],
    ['profile', { completenessFields: [] }],
    ['loyalty', bands(0)],
    ['loyalty', bands(0, 0.5, 1_000)],
    ['influence', { weights: { friend_referred: 0, content_shared: 0.5 }, keptPerMonth: 1, top: 100 }],
    ['contact', { quietHours: null, frequency: [] }],
    ['contact', { quietHours: { from: '00:00', to: '23:59' }, frequency: [{ channel: 'sms', messages: 1, days: 7 }] }],
  ])('%s takes %j', (name, document) => {
    expect(SETTINGS_DOCUMENTS[name].safeParse(document).data).toMatchObject(document);
  });
});

it.each([
  ['USD', 2],
  ['JPY', 0],
  ['KWD', 3],
])('the minor unit of %s has %d digits', (currency, digits) => {
  expect(minorDigitsOf(currency)).toBe(digits);
});

describe('a profile is as complete as its fields are filled', () => {
  const detail: JsonObject = {
    fullName: 'Ada',
    email: null,
    phone: ' ',
    gender: '',
    tags: [],
    answers: { q1: 'yes', 'q.2': false },
    customAttributes: {},
    locationContext: { city: 'Leeds', country: null },
  };
  it.each([
    ['fullName', 1],
    ['email', 0],
    ['phone', 0],
    ['gender', 0],
    ['tags', 0],
    ['answers', 1],
    ['answers.q1', 1],
    ['answers.q.2', 1],
    ['answers.q3', 0],
    ['answers.toString', 0],
    ['customAttributes', 0],
    ['customAttributes.x.y', 0],
    ['locationContext.city', 1],
    ['locationContext.country', 0],
    ['birthday', 0],
  ])('%s counts %d', (field, filled) => {
    expect(completenessOf(detail, [field])).toEqual({ filled, total: 1 });
  });

  it('out of all that are configured', () => {
    expect(completenessOf(detail, settingsOf({}).profile.completenessFields)).toEqual({ filled: 2, total: 9 });
  });
});
