import { beforeAll, describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll({ now: '2027-03-27T12:00:00.000Z' });
let storefront: string;
beforeAll(async () => {
  storefront = await stack.token('storefront');
}, 120_000);

let people = 0;
/** A consumer in London with an email and a phone who has granted consent for SMS. */
const consumer = async () => {
  people += 1;
  const phone = `+44791112${String(people).padStart(4, '0')}`;
  const { body } = await stack.call('POST', '/v1/consumers', { email: `somebody${people}@example.com`, phone });
  const visit = { type: 'visit', attributes: { geo: { timezone: 'Europe/London' } } };
  await stack.call('POST', `/v1/consumers/${body.consumerId}/events`, visit);
  await say(body.consumerId);
  return { consumerId: body.consumerId as string, phone };
};
const said = { channel: 'sms', state: 'granted', source: 'checkout', method: 'box ticked', wordingVersion: '7' };
const say = (consumerId: string, body: object = {}) =>
  stack.call('POST', `/v1/consumers/${consumerId}/consents`, { ...said, ...body }, { token: storefront });
const sms = (from: string, text: string, options: { token?: string } = {}) =>
  stack.call('POST', '/v1/inbound-sms', { from, text }, options);
const ask = async (consumerId: string, channel = 'sms') => {
  const path = `/v1/consumers/${consumerId}/contactability?channel=${channel}`;
  return (await stack.call('GET', path, undefined, { token: storefront })).body;
};
const historyOf = async (consumerId: string) =>
  (await stack.call('GET', `/v1/consumers/${consumerId}/consents`, undefined, { token: storefront })).body.items;
const detailOf = async (consumerId: string) => (await stack.call('GET', `/v1/consumers/${consumerId}`)).body;
const clockAt = (now: string) => stack.call('PUT', '/_local/clock', { now });

describe('consent', () => {
  it('is withdrawn by STOP and granted again by START immediately, and the history contains both', async () => {
    const [ana, bo] = [await consumer(), await consumer()];
    expect(await ask(ana.consumerId)).toMatchObject({ allowed: true, reasons: [] });
    expect(await sms(ana.phone, ' Stop. ')).toMatchObject({ status: 202, body: { keyword: 'STOP' } });
    const refused = { allowed: false, reasons: ['consent_withdrawn'], nextAt: null };
    expect(await ask(ana.consumerId)).toMatchObject(refused);
    expect((await detailOf(ana.consumerId)).consents).toMatchObject({ sms: { state: 'withdrawn' } });
    expect(await ask(bo.consumerId)).toMatchObject({ allowed: true });

    expect((await sms(ana.phone, 'START')).status).toBe(202);
    expect(await ask(ana.consumerId)).toMatchObject({ allowed: true, reasons: [] });
    const history = await historyOf(ana.consumerId);
    expect(history).toMatchObject([
      { state: 'granted', source: 'inbound_sms', method: 'keyword:START', wordingVersion: null },
      { state: 'withdrawn', source: 'inbound_sms', method: 'keyword:STOP', wordingVersion: null },
      { purpose: 'marketing', ...said },
    ]);
    const instants = history.map(({ at }: { at: string }) => at);
    expect(instants).toEqual(instants.toSorted().reverse());
    expect((await detailOf(ana.consumerId)).consents).toEqual({ sms: { state: 'granted', at: instants[0] } });
    expect(await historyOf(bo.consumerId)).toHaveLength(1);
  }, 60_000);

  it('is withdrawn once per purpose by concurrent STOPs', async () => {
    const { consumerId, phone } = await consumer();
    await say(consumerId, { purpose: 'receipts' });
    const answers = await Promise.all(['STOP', 'stop', 'STOP!', 'Arret'].map((text) => sms(phone, text)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const history = await historyOf(consumerId);
    expect(
      history.map(({ purpose, state }: typeof said & { purpose: string }) => `${purpose} ${state}`).sort(),
    ).toEqual(['marketing granted', 'marketing withdrawn', 'receipts granted', 'receipts withdrawn']);
  }, 60_000);

  it('is unchanged for an unknown number, and storefronts may not send inbound messages', async () => {
    expect(await sms('+447911999999', 'STOP')).toMatchObject({ status: 202, body: { keyword: 'STOP' } });
    expect((await sms('+447911999999', 'STOP', { token: storefront })).status).toBe(403);
  });

  it('records fifty concurrent statements and loses none', async () => {
    const { consumerId } = await consumer();
    const sent = Array.from({ length: 50 }, (_, n) =>
      say(consumerId, { state: n % 2 === 0 ? 'granted' : 'withdrawn', source: `s${n}` }),
    );
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201]));
    const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/consents?limit=100`);
    expect(body.items).toHaveLength(51);
    const [{ state, at }] = body.items;
    expect((await detailOf(consumerId)).consents.sms).toEqual({ state, at });
  }, 120_000);

  it('moves a consumer into a segment and out of it', async () => {
    const { consumerId, phone } = await consumer();
    const rule = { attribute: 'consents.sms.state', operator: 'eq', value: 'withdrawn' };
    await stack.call('POST', '/v1/segments', { segmentId: 'silent', name: 'Silent', rule });
    const isIn = async () => {
      await stack.call('POST', '/_local/settle');
      const { body } = await stack.call('GET', '/v1/segments/silent/members?limit=100');
      return body.items.some((member: { consumerId: string }) => member.consumerId === consumerId);
    };
    expect(await isIn()).toBe(false);
    await sms(phone, 'STOP');
    expect(await isIn()).toBe(true);
    await sms(phone, 'START');
    expect(await isIn()).toBe(false);
  }, 120_000);
});

describe('contactability', () => {
  it('follows sent messages and the local clock, also in the night of a daylight saving change', async () => {
    const { consumerId } = await consumer();
    const send = (n: number) => {
      const attributes = { messageId: `m${n}`, channel: 'sms' };
      return stack.call('POST', `/v1/consumers/${consumerId}/events`, { type: 'message_sent', attributes });
    };
    for (const n of [1, 2]) await send(n);
    expect(await ask(consumerId)).toMatchObject({ allowed: true });
    await send(3);
    const { reasons, nextAt } = await ask(consumerId);
    expect(reasons).toEqual(['frequency_limit']);
    const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/events?type=message_sent`);
    const first = Date.parse(body.items.at(-1).occurredAt);
    expect(Date.parse(nextAt)).toBe(first + 86_400_000);
    await clockAt('2027-03-28T00:30:00.000Z');
    // Clocks jump from 01:00 to 02:00, so 08:00 in London is 07:00 UTC. By noon the limit no longer applies.
    const night = await ask(consumerId);
    expect([night.reasons, night.nextAt]).toEqual([['quiet_hours', 'frequency_limit'], nextAt]);
    await stack.call('PUT', '/v1/settings/contact', { frequency: [] });
    expect(await ask(consumerId)).toMatchObject({ reasons: ['quiet_hours'], nextAt: '2027-03-28T07:00:00.000Z' });
    await clockAt('2027-03-28T07:00:00.000Z');
    expect(await ask(consumerId)).toMatchObject({ allowed: true, reasons: [] });
  }, 60_000);
});
