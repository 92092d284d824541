/**
 * A table restored to an earlier time contains the consumers erased since, until the receipts saved elsewhere are replayed.
 * The stack is killed during the replay.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heldIn, REMOVED } from '../support/held.ts';
import { type Found, marksIn, marksInFolder } from '../support/marks.ts';
import { rawTable } from '../support/raw-table.ts';
import type { Answer, ServedStack } from '../support/served-stack.ts';
import { dataFolder, serve } from '../support/served-stack.ts';
import { keyed, type Person, unmistakable } from '../support/unmistakable.ts';

/** The folder of the stack, and its copy before any erasure. */
const [original, backup] = [dataFolder(), dataFolder()];
const elsewhere = mkdtempSync(join(tmpdir(), 'regulars-receipts-'));
const SAVED = join(elsewhere, 'receipts.jsonl');
let stack: ServedStack;
beforeAll(async () => {
  stack = await serve(original.data, { now: '2027-03-01T09:00:00.000Z' });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  for (const { remove } of [original, backup]) remove();
  rmSync(elsewhere, { recursive: true });
}, 60_000);

const call: ServedStack['call'] = (...asked) => stack.call(...asked);
const settle = () => call('POST', '/_local/settle');
const codeOf = ({ status, body }: Answer) => [status, body?.code];
const here = unmistakable({ call, data: original.data });
const { residueOf, receiptOf } = unmistakable({ call, data: backup.data });

/** Runs `npm run receipts` in its own process. Returns its exit code and output. */
const ran = async (...asked: string[]): Promise<{ code: unknown; said: string }> => {
  const command = ['run', '--silent', 'receipts', '--', ...asked, '--url', stack.url];
  const child = spawn('npm', command, { env: { ...process.env, NODE_OPTIONS: '' } });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
};
const receipts = async (...asked: string[]): Promise<string> => {
  const { code, said } = await ran(...asked);
  expect([code, said]).toEqual([0, said]);
  return said;
};

/** Records this many orders, and records of every other kind. */
const lived = async (one: Person, orders: number): Promise<void> => {
  const { consumerId, contacts } = one;
  const n = here.suffixOf(one);
  const events = Array.from({ length: orders }, (_, place) => [
    { type: 'order_placed', attributes: { orderId: `quillorder${n}-${place}`, totalMinor: 1_000 * orders } },
    { type: 'friend_referred', attributes: { note: `quilltext${n}` } },
    { type: 'message_sent', attributes: { messageId: `m${place}`, channel: 'email' } },
  ]).flat();
  const named = events.map((event, place) => ({ consumerId, eventId: `quillevent${n}-${place}`, ...event }));
  const path = `/v1/consumers/${consumerId}`;
  const said = { channel: 'email', state: 'granted', source: `quilltext${n}`, method: 'form' };
  const taken = [
    await call('POST', '/v1/events/batch', { events: named }, keyed(`batch ${n}`)),
    await call('POST', `${path}/points`, { type: 'add', points: 10, reason: `quilltext${n}` }, keyed(`points ${n}`)),
    await call('POST', `${path}/consents`, said),
    await call('PUT', `/v1/lists/friends/members/${consumerId}`),
    await call('POST', `${path}/exports`, { format: 'json' }, keyed(`export of ${contacts.email}`)),
  ];
  expect(taken.map(({ status }) => status)).toEqual([200, 201, 201, 204, 202]);
};

/** Figures about the others, individual and aggregated. */
const toldOf = async (others: string[]) => {
  await settle();
  // A detail shows a refreshed summary within a minute.
  await call('PUT', '/_local/clock', { advance: 'PT1M' });
  const idsAt = async (path: string): Promise<string[]> =>
    (await call('GET', path)).body.items.map(({ consumerId }: { consumerId: string }) => consumerId);
  const details = others.map(async (id) => {
    const { consumerId, version, rfm, customerValue, points, segments, lists } = (
      await call('GET', `/v1/consumers/${id}`)
    ).body;
    const { population, frequency, monetary } = rfm;
    const percentiles = [population, frequency.percentile, monetary.percentile];
    return { consumerId, version, percentiles, orders: customerValue.orders, points, segments, lists };
  });
  return {
    segment: (await call('GET', '/v1/segments/buyers')).body.memberCount,
    members: await idsAt('/v1/segments/buyers/members'),
    list: (await call('GET', '/v1/lists/friends')).body.memberCount,
    listed: await idsAt('/v1/lists/friends/members'),
    advocates: await idsAt('/v1/brand-advocates'),
    owed: (await call('GET', '/v1/points/liability')).body.outstanding,
    details: await Promise.all(details),
  };
};

interface Receipt {
  erasureId: string;
  itemsRemoved: Record<string, number>;
}
let ana: Person;
let ben: Person;
let emma: Person;
let others: string[];
/** The new owner of an erased consumer's email. */
let newcomer: string;
let told: Awaited<ReturnType<typeof toldOf>>;
let saved: Receipt[];
const erased = () => [ana, ben, emma];
/** Emma's marks except her email, which another consumer now owns. */
const marksOf = (one: Person) => (one === emma ? one.marks.filter((mark) => !/feather/.test(mark)) : one.marks);
const heldNow = async () => {
  const items = await (await rawTable(backup.data)).scan();
  return erased().map(({ consumerId }) => heldIn(items, consumerId));
};

const audits = async (): Promise<{ name: string; status: string; output: object }[]> =>
  (await call('GET', '/_local/executions')).body.items.filter(({ name }: { name: string }) => /^audit-/.test(name));

describe('receipts', () => {
  it('exist once per erased consumer and identify no one', async () => {
    await call('PUT', '/v1/settings/earning-rules', { rules: [{ ruleId: 'o', event: 'order_placed', points: 3 }] });
    await call('POST', '/v1/lists', { listId: 'friends', name: 'Friends' });
    const rule = { attribute: 'customerValue.orders', operator: 'gte', value: 1 };
    await call('POST', '/v1/segments', { segmentId: 'buyers', name: 'Buyers', rule });
    const people = [await here.person(), await here.person(), await here.person(), await here.person()];
    const [first, second, third, fourth] = people;
    if (!first || !second || !third || !fourth) throw new Error('there are four');
    [ana, ben, emma] = [first, second, third];
    const last = await here.person();
    others = [fourth.consumerId, last.consumerId];
    for (const [place, one] of [fourth, last, ana, ben, emma].entries()) await lived(one, place + 1);
    await settle();
    await call('POST', '/_local/jobs/influencer-scoring');
    await settle();
    await stack.stop();
    cpSync(original.data, backup.data, { recursive: true });

    stack = await serve(original.data);
    const begun = [await here.erase(ana), await here.erase(ana), await here.erase(emma)];
    const lookup = { phone: ben.contacts.phone };
    begun.push(await call('POST', '/v1/erasures', { lookup, confirm: lookup.phone }));
    await settle();
    expect((await here.erase(ana)).body).toEqual({ erasureId: begun[0]?.body.erasureId, status: 'completed' });
    expect((await call('POST', '/v1/consumers', { email: emma.contacts.email })).status).toBe(201);
    told = await toldOf(others);
    expect(told).toMatchObject({ segment: 2, list: 2, advocates: others.toReversed() });

    expect(await receipts('save', SAVED)).toBe(`3 receipts are in ${SAVED}.\n`);
    saved = linesOf(SAVED);
    expect(saved).toEqual((await call('GET', '/v1/erasures')).body.items);
    const [one, again, two, three] = begun.map(({ body }) => body.erasureId);
    expect(again).toBe(one);
    expect(saved.map(({ erasureId }) => erasureId)).toEqual([one, two, three]);
    const marks = erased().flatMap((person) => person.marks);
    expect(marksIn(readFileSync(SAVED), marks, 'the receipts')).toEqual([]);
    await stack.stop();
  }, 240_000);
});

describe('the restored table', () => {
  /** Residue of Ana, Emma and Ben, in the order of their receipts. */
  let held: Record<string, number>[];

  it('contains the consumers erased since the backup', async () => {
    stack = await serve(backup.data, { now: '2027-03-01T12:00:00.000Z' });
    await settle();
    for (const one of erased()) {
      expect((await call('GET', `/v1/consumers/${one.consumerId}`)).body.email).toBe(one.contacts.email);
      expect((await residueOf(one)).length).toBeGreaterThan(50);
    }
    // Before the receipts are restored, another consumer has registered Emma's email.
    const { consumerId, contacts } = emma;
    await call('PATCH', `/v1/consumers/${consumerId}`, { email: 'quillfeather@example.org' });
    newcomer = (await call('POST', '/v1/consumers', { email: contacts.email })).body.consumerId;
    await settle();
    const [ofAna, ofBen, ofEmma] = await heldNow();
    held = [ofAna ?? {}, ofEmma ?? {}, ofBen ?? {}];
  }, 240_000);

  it('accepts the receipts and erases again, across kills during both', async () => {
    // Include many others who came and went after the backup, so that the kill interrupts the upload.
    const [first, ...rest] = saved;
    const strangers = Array.from({ length: 150 }, (_, n) => ({
      ...{ ...first, erasureId: `came${n}and0went` },
      subjectHash: createHash('sha256').update(`${n}`).digest('base64url'),
    }));
    writeFileSync(SAVED, [first, ...strangers, ...rest].map((receipt) => `${JSON.stringify(receipt)}\n`).join(''));
    const TORN = join(elsewhere, 'torn.jsonl');
    writeFileSync(TORN, readFileSync(SAVED, 'utf8').slice(0, -40));
    const refused = await ran('replay', TORN);
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(/^Not done: line 153 is not a receipt/);
    expect((await call('GET', '/v1/erasures')).body.items).toEqual([]);

    const replayed = receipts('replay', SAVED);
    while ((await call('GET', '/v1/erasures?limit=1')).body.items.length === 0);
    await stack.kill();
    stack = await serve(backup.data, { port: Number(new URL(stack.url).port) });
    expect(await replayed).toMatch(
      /waiting for .*\n[\s\S]*\n153 of 153 receipts were missing\. Audit \S+ is under way/,
    );

    const isBegun = async ({ erasureId }: Receipt) =>
      (await receiptOf(erasureId)).steps.some(({ name }: { name: string }) => name === 'begun_again');
    const hasEnded = async () => (await audits()).some(({ status }) => status === 'SUCCEEDED');
    while (!(await Promise.all(saved.map(isBegun))).includes(true) && !(await hasEnded()));
    await stack.kill();
    stack = await serve(backup.data);
    expect(await receipts('replay', SAVED)).toMatch(/^0 of 153 receipts were missing\./);
    await settle();
  }, 480_000);

  it('no longer contains any of them', async () => {
    for (const one of erased()) {
      expect(codeOf(await call('GET', `/v1/consumers/${one.consumerId}`))).toEqual([410, 'erased']);
      expect(await residueOf({ ...one, marks: marksOf(one) })).toEqual([]);
    }
    for (const { contacts } of [ana, ben]) {
      const { status } = await call('GET', `/v1/consumers/lookup?email=${contacts.email}`);
      expect(status).toBe(404);
    }
    expect(await heldNow()).toEqual([{}, {}, {}]);
    // The bus has to name the consumer to erase, and the systems that know the consumer.
    const isNeeded = ({ mark, where }: Found) => /^bus\.jsonl/.test(where) && /^(\w{26}|quillsource\d+)$/.test(mark);
    const found = marksInFolder(backup.data, erased().flatMap(marksOf), /^cdk\.out\//);
    expect(found.filter((one) => !isNeeded(one))).toEqual([]);
  }, 60_000);

  it('has the earlier receipts, which count the repeated removals', async () => {
    for (const [place, before] of saved.entries()) {
      const again = await receiptOf(before.erasureId);
      const { itemsRemoved, steps, completedAt, ...same } = again;
      expect(before).toMatchObject(same);
      expect(same).toMatchObject({ status: 'completed' });
      expect(steps.map(({ name }: { name: string }) => name)).toEqual(
        expect.arrayContaining(['receipt_restored', 'begun_again', 'verify', 'receipt']),
      );
      const counted = REMOVED.map((kind) => [kind, (before.itemsRemoved[kind] ?? 0) + (held[place]?.[kind] ?? 0)]);
      const removed = Object.fromEntries(counted.filter(([, count]) => count !== 0));
      expect(itemsRemoved).toEqual(removed);
    }
  });

  it('has the same figures about the others as the original table', async () => {
    expect(await toldOf(others)).toEqual(told);
    const { contacts } = emma;
    const { body } = await call('GET', `/v1/consumers/lookup?email=${contacts.email}`);
    expect(body).toMatchObject({ consumerId: newcomer, email: contacts.email, version: 1 });
  }, 60_000);

  it('is unchanged by a second replay, even with new consumers', async () => {
    const back = (await call('POST', '/v1/consumers', { ...ana.contacts, fullName: 'Ana Again' })).body;
    await settle();
    const read = () => Promise.all(saved.map(({ erasureId }) => receiptOf(erasureId)));
    const before = await read();
    const [, auditId] = /^0 of 153 receipts were missing\. Audit (\S+) /.exec(await receipts('replay', SAVED)) ?? [];
    await settle();
    expect(await read()).toEqual(before);
    expect((await call('GET', `/v1/consumers/${back.consumerId}`)).body).toMatchObject({
      ...{ ...ana.contacts, fullName: 'Ana Again', version: back.version },
    });
    expect((await call('GET', `/v1/consumers/${newcomer}`)).status).toBe(200);
    const audit = (await audits()).find(({ name }) => name === `audit-${auditId}`);
    expect(audit).toMatchObject({ status: 'SUCCEEDED', output: { differed: 0 } });
  }, 60_000);
});

const linesOf = (file: string): Receipt[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
