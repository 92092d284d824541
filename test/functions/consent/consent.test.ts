import { beforeEach, describe, expect, it } from '@jest/globals';
import { consumerAnswers } from '../../../functions/consumers/answers.ts';
import type { ApiResponse, Body } from '../../support/client.ts';
import { consents, statementsOf } from '../../support/consents.ts';
import { NOW } from '../../support/events.ts';

let world = consents();
let who = '';
beforeEach(async () => {
  world = consents();
  who = await world.born('ana');
});
const later = (ms: number) => new Date(Date.parse(NOW) + ms).toISOString();
const code = ({ status, body }: ApiResponse) => [status, body.code];
const errorsOf = ({ body }: ApiResponse) => body.errors.map(({ path, code }: Body) => `${path} ${code}`);

describe('POST /v1/consumers/{consumerId}/consents', () => {
  it('returns the statement, and the consumer shows the resulting state', async () => {
    const said = { channel: 'email', purpose: 'marketing', source: 'newsletter form', method: 'double opt-in' };
    const response = await world.say(who, { ...said, wordingVersion: '2026-02' });
    const statement = { ...said, state: 'granted', at: NOW, wordingVersion: '2026-02' };
    expect(response).toMatchObject({
      status: 201,
      body: { ...statement, consentId: expect.stringMatching(/^\w{26}$/) },
    });
    const detail = await world.detail(who);
    expect(detail.consents).toEqual({ email: { state: 'granted', at: NOW } });
    expect(consumerAnswers().consumerDetail.safeParse(detail).error).toBeUndefined();
    expect(await world.profile(who)).toMatchObject({ version: 2, updatedAt: NOW });
  });

  it('defaults to the purpose marketing; the detail shows no other purpose', async () => {
    expect((await world.say(who)).body).toMatchObject({ purpose: 'marketing', wordingVersion: null });
    await world.say(who, { purpose: ' Order updates ', state: 'withdrawn' });
    expect((await world.detail(who)).consents).toEqual({ sms: { state: 'granted', at: NOW } });
    expect(statementsOf(await world.history(who))).toEqual(['sms Order updates withdrawn', 'sms marketing granted']);
  });

  it('treats purposes that differ in case as one, with the first spelling', async () => {
    await world.say(who, { purpose: 'Receipts' });
    expect((await world.say(who, { purpose: 'RECEIPTS', state: 'withdrawn' })).body.purpose).toBe('Receipts');
    expect((await world.ask(who, 'channel=sms&purpose=receipts')).body.reasons).toEqual(['consent_withdrawn']);
  });

  it('stores texts verbatim', async () => {
    const said = { source: `Robert'); DROP TABLE "x";--`, method: '<b>call</b> ' };
    expect((await world.say(who, said)).body).toMatchObject(said);
  });

  it('records a repeated statement as another one', async () => {
    for (const ms of [0, 1_000]) await world.say(who, {}, { now: later(ms) });
    expect((await world.history(who)).body.items.map(({ at }: Body) => at)).toEqual([later(1_000), NOW]);
    expect((await world.detail(who)).consents.sms.at).toBe(later(1_000));
  });

  it.each<[claim: string, body: object, errors: string[]]>([
    ['another channel', { channel: 'fax' }, ['channel invalid_value']],
    ['no channel', { channel: undefined }, ['channel required']],
    ['another state', { state: 'maybe' }, ['state invalid_value']],
    ['no source', { source: undefined }, ['source required']],
    ['an empty method', { method: '' }, ['method too_short']],
    ['a blank purpose', { purpose: ' \t' }, ['purpose too_short']],
    ['a long purpose', { purpose: 'x'.repeat(65) }, ['purpose too_long']],
    ['an unknown field', { at: NOW }, ['at unknown_field']],
  ])('refuses %s', async (_, body, errors) => {
    const response = await world.say(who, body);
    expect([response.status, errorsOf(response)]).toEqual([422, errors]);
    expect((await world.history(who)).body.items).toEqual([]);
  });

  it('refuses a purpose beyond the limit', async () => {
    for (let n = 0; n < 20; n += 1) expect((await world.say(who, { purpose: `p${n}` })).status).toBe(201);
    const response = await world.say(who, { purpose: 'one more' });
    expect([response.status, errorsOf(response)]).toEqual([422, ['purpose too_long']]);
    expect((await world.say(who, { purpose: 'P3' })).status).toBe(201);
  });

  it('refuses a stale version and an unknown consumer', async () => {
    expect((await world.say(who, {}, { headers: { 'if-match': '"1"' } })).status).toBe(201);
    expect(code(await world.say(who, {}, { headers: { 'if-match': '"1"' } }))).toEqual([409, 'version_conflict']);
    expect(code(await world.say('missing'))).toEqual([404, 'consumer_not_found']);
  });

  it('records one statement per idempotency key', async () => {
    const key = { headers: { 'idempotency-key': 'k' } };
    const first = await world.say(who, {}, key);
    const again = await world.say(who, {}, key);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
    expect(code(await world.say(who, { state: 'withdrawn' }, key))).toEqual([409, 'idempotency_key_reused']);
    expect((await world.history(who)).body.items).toHaveLength(1);
  });
});

describe('GET /v1/consumers/{consumerId}/consents', () => {
  it('returns all statements, newest first, page by page', async () => {
    const states = ['granted', 'withdrawn', 'granted', 'granted', 'withdrawn'];
    // All in one millisecond: they keep the order in which they were recorded.
    for (const state of states) await world.say(who, { state });
    const first = (await world.history(who, 'limit=3')).body;
    const second = (await world.history(who, `limit=3&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...second.items].map(({ state }: Body) => state)).toEqual(states.toReversed());
    expect([first.items.length, second.nextCursor]).toEqual([3, null]);
    expect(first.items[0].at).toBe(later(4));
    expect((await world.detail(who)).consents.sms).toEqual({ state: 'withdrawn', at: later(4) });
  });

  it('refuses a forged cursor and an unknown consumer', async () => {
    expect(code(await world.history(who, 'cursor=forged'))).toEqual([400, 'invalid_cursor']);
    expect(code(await world.history(who, 'limit=101'))).toEqual([422, 'limit_out_of_range']);
    expect(code(await world.history('missing'))).toEqual([404, 'consumer_not_found']);
  });
});

describe('POST /v1/inbound-sms', () => {
  const START = { from: '+44 7911 123456' };

  it('STOP withdraws every granted purpose of sms and no other channel', async () => {
    for (const purpose of ['marketing', 'receipts', 'surveys']) await world.say(who, { purpose });
    await world.say(who, { purpose: 'surveys', state: 'withdrawn' });
    await world.say(who, { channel: 'push' });
    expect(await world.sms(' stop! ')).toMatchObject({ status: 202, body: { keyword: 'STOP' } });
    const { items } = (await world.history(who)).body;
    const rows = items.slice(0, 2).map(({ purpose, state, source, method }: Body) => [purpose, state, source, method]);
    expect(rows.sort()).toEqual([
      ['marketing', 'withdrawn', 'inbound_sms', 'keyword:STOP'],
      ['receipts', 'withdrawn', 'inbound_sms', 'keyword:STOP'],
    ]);
    expect(items).toHaveLength(7);
    expect((await world.detail(who)).consents).toMatchObject({
      sms: { state: 'withdrawn' },
      push: { state: 'granted' },
    });
  });

  it('STOP from a consumer without statements withdraws marketing', async () => {
    await world.sms('UNSUBSCRIBE');
    expect(statementsOf(await world.history(who))).toEqual(['sms marketing withdrawn']);
  });

  it('START grants marketing again and nothing else', async () => {
    await world.say(who, { purpose: 'receipts', state: 'withdrawn' });
    await world.sms('STOP');
    expect((await world.sms('Start', START)).body).toEqual({ keyword: 'START' });
    expect((await world.detail(who)).consents.sms.state).toBe('granted');
    expect((await world.ask(who, 'channel=sms&purpose=receipts')).body.reasons).toEqual(['consent_withdrawn']);
  });

  it('ignores a repeated message and any other text', async () => {
    await world.sms('STOP');
    const before = await world.profile(who);
    for (const text of ['STOP', 'STOPALL', 'hello', 'please stop', ''])
      expect((await world.sms(text)).status).toBe(202);
    expect(await world.profile(who)).toEqual(before);
    expect((await world.history(who)).body.items).toHaveLength(1);
  });

  it('with the message’s id as key ignores a copy delivered after a later message', async () => {
    const key = { headers: { 'idempotency-key': 'SM1' } };
    for (const [text, other] of [
      ['STOP', key],
      ['START', {}],
      ['STOP', key],
    ] as const) {
      expect((await world.sms(text, {}, other)).status).toBe(202);
    }
    expect((await world.detail(who)).consents.sms.state).toBe('granted');
  });

  it('repeats its response under a key until the consumer is erased', async () => {
    const { store } = world;
    const key = { headers: { 'idempotency-key': 'SM1' } };
    for (const again of [undefined, 'true']) {
      expect((await world.sms('STOP', {}, key)).headers['idempotent-replayed']).toBe(again);
    }
    const [answer, ...others] = await store.answersTo(who);
    expect([answer?.status, others]).toEqual([202, []]);
    if (answer)
      await store.commit([{ put: { ...answer, digest: null, body: null, consumerId: undefined }, expect: 'anything' }]);
    expect(code(await world.sms('STOP', {}, key))).toEqual([410, 'erased']);
  });

  it('returns the same response and changes nothing for an unknown number', async () => {
    const known = await world.sms('STOP');
    const before = await world.profile(who);
    const unknown = await world.sms('STOP', { from: '+447911000000' });
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect(await world.profile(who)).toEqual(before);
  });

  it.each([
    ['a name', 'ACME'],
    ['a short code', '60777'],
  ])('finds no consumer for %s', async (_, from) => {
    expect((await world.sms('STOP', { from })).status).toBe(202);
    expect((await world.history(who)).body.items).toEqual([]);
  });

  it.each(['447911123456', '00447911123456', ' +44 7911 123456 ', 'tel:+447911123456', 'SMS:447911123456'])(
    'recognizes the number as carriers write it: %s',
    async (from) => {
      await world.sms('STOP', { from });
      expect(statementsOf(await world.history(who))).toEqual(['sms marketing withdrawn']);
    },
  );

  it('finds the current owner of the number', async () => {
    const { store } = world;
    const other = await world.born('bo', { phone: '+447911123456', email: null });
    const profile = await world.profile(who);
    if (profile) await store.commit([{ put: { ...profile, phone: null, version: 2 }, expect: { version: 1 } }]);
    await world.sms('STOP');
    expect((await world.history(who)).body.items).toEqual([]);
    expect(statementsOf(await world.history(other))).toEqual(['sms marketing withdrawn']);
  });

  it.each<[claim: string, body: object, errors: string[]]>([
    ['a number without its country', { from: '07911 654321' }, ['from invalid_format']],
    ['no number', { from: undefined }, ['from required']],
    ['no text', { text: undefined }, ['text required']],
    ['a text beyond all measure', { text: 'x'.repeat(4_097) }, ['text too_long']],
    ['an unknown field', { to: '+44' }, ['to unknown_field']],
  ])('refuses %s, without repeating it', async (_, body, errors) => {
    const response = await world.sms('STOP', body);
    expect([response.status, errorsOf(response)]).toEqual([422, errors]);
    expect(JSON.stringify(response.body)).not.toMatch(/hello|654321|x{10}/);
  });
});

describe('GET /v1/consumers/{consumerId}/contactability', () => {
  const night = '2026-03-02T02:00:00.000Z';
  const morning = '2026-03-02T08:00:00.000Z';

  it.each<[claim: string, query: string, said: object[], reasons: string[]]>([
    ['by consent', 'channel=sms', [{}], []],
    ['for the purpose that is named', 'channel=sms&purpose=Receipts', [{ purpose: 'receipts' }], []],
    ['not without consent', 'channel=sms', [{ channel: 'email' }, { purpose: 'receipts' }], ['no_consent']],
    ['not after it was withdrawn', 'channel=sms', [{}, { state: 'withdrawn' }], ['consent_withdrawn']],
    ['again when it was given again', 'channel=sms', [{ state: 'withdrawn' }, {}], []],
    ['by push without an address', 'channel=push', [{ channel: 'push' }], []],
  ])('is allowed %s', async (_, query, said, reasons) => {
    for (const one of said) await world.say(who, one);
    const nextAt = reasons.length === 0 ? NOW : null;
    const answer = { allowed: reasons.length === 0, reasons, nextAt, bestSendTime: null };
    expect(await world.ask(who, query)).toMatchObject({ status: 200, body: answer });
  });

  it('is denied without an address for the channel', async () => {
    const guest = await world.born('guest', { email: null, phone: null });
    for (const channel of ['email', 'sms', 'push']) await world.say(guest, { channel });
    const reasonsOf = async (channel: string) => (await world.ask(guest, `channel=${channel}`)).body.reasons;
    expect([await reasonsOf('email'), await reasonsOf('sms'), await reasonsOf('push')]).toEqual([
      ['no_contact'],
      ['no_contact'],
      [],
    ]);
  });

  it('uses the time zone of the organization until the consumer’s is known', async () => {
    await world.say(who);
    const quiet = { allowed: false, reasons: ['quiet_hours'] };
    expect((await world.ask(who, 'channel=sms', night)).body).toMatchObject({ ...quiet, nextAt: morning });
    await world.settings('organization', { timezone: 'Asia/Kathmandu' });
    expect((await world.ask(who, 'channel=sms', night)).body.allowed).toBe(false);
    expect((await world.ask(who, 'channel=sms', '2026-03-02T02:15:00.000Z')).body.allowed).toBe(true);
    await world.visited(who, 'America/New_York');
    const answer = { ...quiet, nextAt: '2026-03-02T13:00:00.000Z' };
    expect((await world.ask(who, 'channel=sms', night)).body).toMatchObject(answer);
    expect((await world.ask(who, 'channel=email', night)).body.reasons).toEqual(['no_consent']);
  });

  it('counts each message sent on the channel within the window once', async () => {
    await world.say(who);
    await world.say(who, { channel: 'push' });
    for (const [messageId, hoursAgo] of [
      ['m0', 25],
      ['m1', 23],
      ['m2', 5],
      ['m2', 4],
    ] as const) {
      await world.messaged(who, { messageId, channel: 'sms' }, later(-hoursAgo * 3_600_000));
    }
    await world.messaged(who, { messageId: 'm3', channel: 'email' });
    expect((await world.ask(who)).body.allowed).toBe(true);
    await world.messaged(who, { messageId: 'm4', channel: 'sms' });
    // One more message is allowed in an hour; quiet hours start at 21:00.
    const answer = { allowed: false, reasons: ['frequency_limit'], nextAt: later(3_600_000) };
    expect((await world.ask(who)).body).toMatchObject(answer);
    expect((await world.ask(who, 'channel=push')).body.allowed).toBe(true);
  });

  it('counts a message without a message_sent event from its first engagement, unless it was sent earlier', async () => {
    await world.say(who);
    const limit = (messages: number) =>
      world.settings('contact', { quietHours: null, frequency: [{ channel: 'sms', messages, days: 1 }] });
    const hoursAgo = (hours: number) => later(-hours * 3_600_000);
    const engaged = (messageId: string, hours: number, channel = 'sms') =>
      world.messaged(who, { messageId, channel, engagement: 'clicked' }, hoursAgo(hours), 'message_engaged');
    await world.messaged(who, { messageId: 'old', channel: 'sms' }, hoursAgo(30));
    await engaged('old', 2);
    await world.messaged(who, { messageId: 'reported', channel: 'sms' }, hoursAgo(6));
    await engaged('reported', 1);
    await engaged('unreported', 3);
    await engaged('unreported', 4);
    await engaged('unreported', 0);
    await engaged('mail', 0, 'email');
    await limit(3);
    expect((await world.ask(who)).body).toMatchObject({ allowed: true });
    await limit(2);
    expect((await world.ask(who)).body).toMatchObject({ reasons: ['frequency_limit'], nextAt: hoursAgo(6 - 24) });
    await limit(1);
    expect((await world.ask(who)).body).toMatchObject({ reasons: ['frequency_limit'], nextAt: hoursAgo(4 - 24) });
  });

  it('applies new settings immediately', async () => {
    await world.say(who);
    await world.messaged(who, { messageId: 'm1', channel: 'sms' });
    await world.settings('contact', {
      quietHours: null,
      frequency: [
        { channel: 'sms', messages: 5, days: 1 },
        { channel: 'sms', messages: 1, days: 7 },
      ],
    });
    expect((await world.ask(who)).body).toMatchObject({ reasons: ['frequency_limit'], nextAt: later(7 * 86_400_000) });
    await world.settings('contact', { quietHours: null, frequency: [] });
    expect((await world.ask(who, 'channel=sms', night)).body).toMatchObject({ allowed: true, nextAt: night });
  });

  it('reads as many messages as the limits need, even in a long history', async () => {
    await world.say(who);
    await world.settings('contact', { quietHours: null, frequency: [{ channel: 'sms', messages: 100, days: 30 }] });
    for (let n = 0; n < 250; n += 1) {
      const channel = n % 2 === 0 ? 'sms' : 'email';
      await world.messaged(who, { messageId: `m${n}`, channel }, later(-(250 - n) * 60_000));
    }
    // The 100th from the newest is m50.
    const nextAt = later(30 * 86_400_000 - 200 * 60_000);
    expect((await world.ask(who)).body).toMatchObject({ reasons: ['frequency_limit'], nextAt });
  });

  it('returns the same best send time as the detail', async () => {
    const [metrics] = await world.store.get([{ kind: 'metrics', consumerId: who }], true);
    if (!metrics) throw new Error('no such consumer');
    const engagedMinutes = [Math.floor(Date.parse('2026-02-20T19:30:00.000Z') / 60_000)];
    await world.store.commit([{ put: { ...metrics, engagedMinutes }, expect: 'anything' }]);
    const { bestSendTime } = (await world.ask(who)).body;
    expect(bestSendTime).toMatchObject({ window: 'evening', nextAt: '2026-03-01T19:00:00.000Z' });
    expect(bestSendTime).toEqual((await world.detail(who)).locationContext.bestSendTime);
  });

  it.each([
    ['no channel', '', 422, 'invalid_request'],
    ['another channel', 'channel=fax', 422, 'invalid_request'],
    ['a blank purpose', 'channel=sms&purpose=%20', 422, 'invalid_request'],
    ['an unknown parameter', 'channel=sms&at=now', 422, 'invalid_request'],
  ])('refuses %s', async (_, query, status, why) => {
    expect(code(await world.ask(who, query))).toEqual([status, why]);
  });

  it('refuses an unknown consumer', async () => {
    expect(code(await world.ask('missing'))).toEqual([404, 'consumer_not_found']);
  });
});

describe('an erased consumer', () => {
  it('is refused as erased', async () => {
    const { store } = world;
    await store.commit([
      {
        put: { kind: 'tombstone', subjectHash: store.keyedHashOf('gone'), erasureId: 'e1', at: NOW },
        expect: 'absent',
      },
    ]);
    for (const response of [await world.say('gone'), await world.history('gone'), await world.ask('gone')]) {
      expect(code(response)).toEqual([410, 'erased']);
    }
  });

  it('cannot change consent by SMS', async () => {
    await world.store.commit([{ remove: { kind: 'profile', consumerId: who } }]);
    expect(await world.sms('STOP')).toMatchObject({ status: 202, body: { keyword: 'STOP' } });
    expect(await world.store.consentsOf(who, { limit: 10 })).toMatchObject({ items: [] });
  });
});
