/**
 * Personal data never reaches logs, buses, execution histories, dead letters, metrics or refusals, and an erasure leaves
 * nothing behind. Every field that callers can send is sent here with unique values, valid and invalid, and everything that
 * is stored is searched for them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { api } from '../../functions/api.ts';
import { startDynamo } from '../../infra/local/runtime/dynamodb/dynamodb.ts';
import { openWire, TABLES } from '../../infra/local/runtime/dynamodb/wire.ts';
import type { Route } from '../../shared/edge/catalogue.ts';
import { type Found, marksIn, marksInFolder } from '../support/marks.ts';
import { type Answer, type CallOptions, servedForAll } from '../support/served-stack.ts';

const PROFILE = {
  email: 'zqxemail@example.com',
  phone: '+447700900371',
  fullName: 'Zqxname Bäckerin',
  gender: 'zqxgender',
  birthday: '1931-07-19',
  pictureUrl: 'https://pictures.example/zqxpicture.png',
  handler: 'zqxhandler',
  facebookId: 'zqxfacebook',
  customAttributes: { zqxattribute: 'zqxattributevalue', zqxlist: ['zqxlisted'], zqxnumber: 918273645 },
  answers: { zqxquestion: 'zqxanswer' },
  tags: ['zqxtag'],
};
const EDIT = {
  email: 'zqxsecond@example.com',
  phone: '+447700900482',
  fullName: 'Zqxmarried Bäckerin',
  customAttributes: { zqxattribute: 'zqxchanged' },
};

/** Sent about the consumer. */
const SAID = [
  ...['zqxemail', '447700900371', '7700900371', 'zqxname', 'Bäckerin', 'zqxgender', '1931-07-19', 'zqxpicture'],
  ...[
    'zqxhandler',
    'zqxfacebook',
    'zqxattribute',
    'zqxattributevalue',
    'zqxlist',
    'zqxlisted',
    'zqxnumber',
    '918273645',
  ],
  ...['zqxquestion', 'zqxanswer', 'zqxtag', 'zqxsecond', '447700900482', 'zqxmarried', 'zqxchanged', 'zqxtagged'],
  ...['zqxexternal', 'zqxsource', 'zqxevent', 'zqxeventsource', 'zqxorder', 'zqxsku', 'zqxitem', 'zqxcategory'],
  ...['zqxpayment', 'zqxmessage', 'zqxsession', 'zqxdevice', '203.0.113.77', 'zqxagent', 'zqxcity', 'zqxregion'],
  ...['zqxexperience', 'zqxoutcome', 'zqxfriend', 'zqxpoem', 'zqxrefund', 'zqxreason', 'zqxhold', 'zqxpending'],
  ...['zqxpurpose', 'zqxform', 'zqxbox', 'zqxwording', 'zqxclaim', 'zqxtextkey'],
  ...[PROFILE.email, PROFILE.phone, PROFILE.fullName, EDIT.email, EDIT.phone, EDIT.fullName, PROFILE.pictureUrl],
];
/** Sent in requests that are refused, fail, or only read. */
const ASKED = [
  ...['zqxunread', 'zqxunknown', 'zqxsurplus', 'zqxwrong', 'zqxquery', 'zqxqueried', 'zqxpath', 'zqxsearch', 'zqxkey'],
  ...['zqxheader', 'zqxetag', 'zqxstranger', '447700900593', 'zqxlost', 'zqxsms', 'zqxcursor', 'zqxtoken'],
];

const stack = servedForAll();
const { data } = stack;
let consumerId: string;
let keys = 0;
const refusals: { request: string; answer: Answer }[] = [];
/** Routes that accepted a request. */
const taken = new Set<string>();

/** Each write has its own key, which also contains a mark. */
const call = async (method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> => {
  keys += 1;
  const headers = {
    ...(method !== 'GET' && { 'idempotency-key': `zqxkey-${keys}` }),
    ...{ 'user-agent': 'zqxheader', 'x-zqxheader': 'zqxheader' },
    ...options.headers,
  };
  const answer = await stack.call(method, path, body, { ...options, headers });
  if (answer.status < 300) taken.add(`${method} ${path}`);
  if (answer.status >= 400) refusals.push({ request: `${method} ${path.split('?')[0]}`, answer });
  return answer;
};
const done = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
  const answer = await call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const control = (method: string, path: string, body?: unknown) => stack.call(method, `/_local${path}`, body);
const settle = async (): Promise<void> => {
  expect((await control('POST', '/settle')).status).toBe(200);
};

const of = (path: string): string => `/v1/consumers/${consumerId}${path}`;

const EVENTS: [string, Record<string, unknown>][] = [
  [
    'order_placed',
    {
      ...{ orderId: 'zqxorder', totalMinor: 5_000, paymentMethod: 'zqxpayment' },
      items: [{ sku: 'zqxsku', name: 'zqxitem', category: 'zqxcategory', quantity: 1, unitPriceMinor: 5_000 }],
    },
  ],
  ['order_placed', { orderId: 'zqxorder-2', totalMinor: 700, pending: true }],
  ['order_accepted', { orderId: 'zqxorder-2' }],
  ['order_refunded', { orderId: 'zqxorder', refundId: 'zqxrefund', amountMinor: 100 }],
  ['message_sent', { messageId: 'zqxmessage', channel: 'email' }],
  ['message_engaged', { messageId: 'zqxmessage', channel: 'email', engagement: 'opened' }],
  [
    'visit',
    {
      ...{ sessionId: 'zqxsession', deviceId: 'zqxdevice', ip: '203.0.113.77', userAgent: 'zqxagent' },
      geo: { city: 'zqxcity', region: 'zqxregion' },
    },
  ],
  ['participated', { experienceId: 'zqxexperience', distribution: 'draw', outcome: 'zqxoutcome' }],
  ['friend_referred', { friend: 'zqxfriend' }],
  ['activity', { kind: 'zqxactivity', quantity: 3 }],
  ['poem_read', { zqxpoem: { zqxpoem: ['zqxpoem'] } }],
];

/** Sends everything that the product stores about a consumer. */
const livedThrough = async (): Promise<void> => {
  await done('PUT', '/v1/settings/earning-rules', RULES);
  await done('PUT', '/v1/settings/tiers', LADDER);
  const made = await done('POST', '/v1/consumers', { ...PROFILE, externalIds: { zqxsource: 'zqxexternal' } });
  consumerId = made.consumerId;
  await done('PUT', of('/sync-sources/zqxsource'), { externalId: 'zqxexternal' });
  await done('PUT', of('/tags/zqxtagged'), { type: 'behavior' });
  await done('DELETE', of('/tags/zqxtagged'));
  for (const state of ['opted_out', 'opted_in']) await done('POST', of('/membership'), { state });
  for (const [at, [type, attributes]] of EVENTS.entries()) {
    await done('POST', of('/events'), { eventId: `zqxevent-${at}`, source: 'zqxeventsource', type, attributes });
  }
  const lookup = { email: PROFILE.email };
  const { items } = await done('POST', '/v1/events/batch', {
    events: [
      { lookup, eventId: 'zqxevent-batch', type: 'poem_read', attributes: { zqxpoem: 'zqxpoem' } },
      { lookup: { email: 'zqxstranger@example.com' }, type: 'visit', attributes: {} },
      { lookup: { phone: '+447700900593' }, type: 'order_placed', attributes: { orderId: { zqxwrong: 'zqxwrong' } } },
      'zqxwrong',
    ],
  });
  expect(items.map(({ status }: { status: string }) => status)).toEqual([
    'created',
    'rejected',
    'rejected',
    'rejected',
  ]);
  refusals.push({
    request: 'an item of a batch',
    answer: { status: 422, headers: new Headers(), body: items.slice(1) },
  });

  await done('POST', of('/loyalty-score-adjustments'), { delta: 5, reason: 'zqxreason' });
  const points = (body: object) => done('POST', of('/points'), { reason: 'zqxreason', textKey: 'zqxtextkey', ...body });
  await points({ type: 'add', points: 500 });
  await points({ type: 'spend', points: 5 });
  await points({ type: 'add_pending', points: 20, pendingId: 'zqxpending' });
  await points({ type: 'accept', pendingId: 'zqxpending' });
  await points({ type: 'reserve', points: 20, reservationId: 'zqxhold' });
  await points({ type: 'capture', points: 10, reservationId: 'zqxhold' });

  await done('POST', '/v1/rewards', { rewardId: 'mug', name: 'A mug', costPoints: 10 });
  await done('POST', of('/reward-claims'), { rewardId: 'mug', claimId: 'zqxclaim' });
  await done('POST', of('/reward-claims'), { rewardId: 'mug', claimId: 'zqxclaim-2' });
  await done('DELETE', of('/reward-claims/zqxclaim-2'));
  await done('POST', of('/tier'), { tierId: 'high', reason: 'zqxreason' });
  await done('POST', '/v1/challenges', CHALLENGE);
  await done('POST', of('/events'), { type: 'poem_read', attributes: { zqxpoem: 'zqxpoem' } });
  await done('POST', '/v1/lists', { listId: 'friends', name: 'Friends' });
  for (const method of ['PUT', 'DELETE', 'PUT']) await done(method, `/v1/lists/friends/members/${consumerId}`);
  await done('POST', '/v1/segments', SEGMENT);
  await done('POST', of('/consents'), {
    ...{ channel: 'sms', purpose: 'zqxpurpose', state: 'granted' },
    ...{ source: 'zqxform', method: 'zqxbox', wordingVersion: 'zqxwording' },
  });
  await done('POST', '/v1/inbound-sms', { from: PROFILE.phone, text: 'zqxsms' });
  await done('POST', '/v1/inbound-sms', { from: '+447700900593', text: 'STOP' });
  await settle();
  await done('PATCH', of(''), EDIT);
  for (const format of ['json', 'csv']) await done('POST', of('/exports'), { format });
  await settle();
};
const RULES = { rules: [{ ruleId: 'orders', event: 'order_placed', points: 3 }] };
const LADDER = {
  tiers: [
    { tierId: 'low', name: 'Low', threshold: 0 },
    { tierId: 'high', name: 'High', threshold: 1_000_000 },
  ],
};
const CHALLENGE = {
  ...{ challengeId: 'orders', name: 'An order', kind: 'custom', points: 5 },
  goal: { event: 'poem_read', measure: 'count', target: 1 },
};
const SEGMENT = {
  ...{ segmentId: 'buyers', name: 'Buyers' },
  rule: { all: [{ attribute: 'customerValue.lifetimeValueMinor', operator: 'gt', value: 0 }] },
};

/** Every read of a consumer, with all its parameters. */
const asked = async (): Promise<void> => {
  const questions = [
    ...['search=zqxsecond', 'search=zqxsearch', 'search=%2B4477009004', 'tag=zqxtag', 'cursor=zqxcursor'],
    ...['zqxquery=zqxqueried', 'search=zqxsearch&search=zqxsearch', `status=zqxwrong`],
  ].map((query) => `/v1/consumers?${query}`);
  const lookups = [
    ...[`email=${encodeURIComponent(EDIT.email)}`, 'email=zqxwrong', 'email=zqxstranger%40example.com'],
    ...[`phone=${encodeURIComponent(EDIT.phone)}`, 'phone=%2B447700900593', 'source=zqxsource&externalId=zqxexternal'],
    ...['source=zqxsource&externalId=zqxlost', 'email=zqxwrong&phone=zqxwrong', 'zqxquery=zqxqueried'],
  ].map((query) => `/v1/consumers/lookup?${query}`);
  const parts = ['', '/events', '/points', '/points/lots', '/consents', '/reward-claims', '/challenges'].map(of);
  const others = [
    of('/contactability?channel=sms&purpose=zqxpurpose'),
    of('/events?type=zqxwrong'),
    '/v1/consumers/zqxpath',
  ];
  for (const path of [...questions, ...lookups, ...parts, ...others]) await call('GET', path);
  await call('GET', of(''), undefined, { headers: { authorization: 'Bearer zqxtoken' } });
  await call('PATCH', of(''), { fullName: 'zqxwrong' }, { headers: { 'if-match': 'zqxetag' } });
  await call('PATCH', of(''), { fullName: 'zqxwrong' }, { headers: { 'if-match': '"1"' } });
  const key = { headers: { 'idempotency-key': 'zqxkey-same' } };
  await call('PATCH', of(''), { handler: 'zqxhandler' }, key);
  await call('PATCH', of(''), { handler: 'zqxwrong' }, key);
  await call('DELETE', of(''), { confirm: 'zqxwrong' });
  await call('POST', '/v1/erasures', { lookup: { email: EDIT.email }, confirm: 'zqxwrong' });
  await call('POST', '/v1/erasures', { lookup: { email: 'zqxlost@example.com' }, confirm: 'zqxlost@example.com' });
  await call('POST', of('/points'), { type: 'spend', points: 1e9, reason: 'zqxreason' });
  await call('POST', of('/points'), { type: 'capture', reservationId: 'zqxlost' });
  await call('POST', of('/reward-claims'), { rewardId: 'zqxlost' });
  await call('POST', of('/events'), {
    type: 'order_refunded',
    attributes: { orderId: 'zqxlost', refundId: 'zqxlost', amountMinor: 1 },
  });
  await call('POST', of('/events'), { eventId: 'zqxevent-0', type: 'poem_read', attributes: { other: 'zqxwrong' } });
  await call('POST', '/v1/segments/preview', {
    rule: { all: [{ attribute: 'email', operator: 'is', value: EDIT.email }] },
  });
};

const routes: Route[] = Object.values(api).flatMap((rows) => Object.values<Route>(rows));
const addressOf = ({ path }: Route): string => path.replace('{consumerId}', consumerId).replace(/\{\w+\}/g, 'zqxpath');

/** Sends invalid input to every route. */
const misused = async (only: (route: Route) => boolean): Promise<void> => {
  const wrong = {
    zqxunknown: 'zqxsurplus',
    email: ['zqxwrong'],
    attributes: 'zqxwrong',
    reason: { zqxwrong: 'zqxwrong' },
    name: 7,
  };
  for (const route of routes.filter(only)) {
    const address = addressOf(route);
    await call(route.method, `${address}?zqxquery=zqxqueried`);
    if (route.method === 'GET') continue;
    for (const body of [wrong, '{"zqxunread": "zqxunread', [wrong], '"zqxunread"'])
      await call(route.method, address, body);
    await call(route.method, address, 'zqxunread', { headers: { 'content-type': 'text/plain' } });
  }
};
const isErasure = ({ path, method }: Route): boolean =>
  path.startsWith('/v1/erasures') || (method === 'DELETE' && path === '/v1/consumers/{consumerId}');

/** The assembly predates all requests; the table and the exports are meant to contain the values. */
const NOT_LOGGED = /^(cdk\.out|dynamodb|s3)\//;
const told = (found: Found[]): string[] => found.map(({ mark, where }) => `${mark} in ${where}`);
const inControls = async (marks: readonly string[]): Promise<Found[]> => {
  const answers = await Promise.all(
    ['/bus', '/executions', '/metrics', '/dead-letters', '/jobs'].map(async (path) => {
      const { body } = await control('GET', path);
      return marksIn(JSON.stringify(body), marks, `/_local${path}`);
    }),
  );
  return answers.flat();
};

describe('personal data', () => {
  it('is accepted by every route that takes it', async () => {
    await livedThrough();
    const ofConsumers = routes.filter(({ method, path }) => method !== 'GET' && path.includes('{consumerId}'));
    const isTaken = ({ method, path }: Route): boolean => {
      const pattern = new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+')}$`);
      return [...taken].some((address) => pattern.test(address));
    };
    const missing = ofConsumers.filter((route) => !isErasure(route) && !isTaken(route));
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    const { body } = await call('GET', of(''));
    expect(JSON.stringify(body)).toContain('Zqxmarried');
  }, 120_000);

  it('is refused by every route if it is invalid', async () => {
    await asked();
    // The contacts of an existing consumer: after an erasure they are free.
    await call('POST', '/v1/consumers', { email: EDIT.email, phone: EDIT.phone });
    await call('POST', '/v1/consumers', { externalIds: { zqxsource: 'zqxexternal' } });
    await misused((route) => !isErasure(route));
    const statuses = new Set(refusals.map(({ answer }) => answer.status));
    expect([...statuses].sort()).toEqual(expect.arrayContaining([400, 401, 404, 409, 415, 422]));
  }, 180_000);

  it('passes through every job and workflow', async () => {
    const { body } = await control('GET', '/jobs');
    for (const { name } of body.items)
      expect([name, (await control('POST', `/jobs/${name}`)).status]).toEqual([name, 200]);
    await done('DELETE', '/v1/segments/buyers');
    await done('DELETE', '/v1/lists/friends');
    await settle();
    const { body: executions } = await control('GET', '/executions');
    const names = executions.items.map(({ stateMachine }: { stateMachine: string }) => stateMachine);
    expect([...new Set(names)]).toEqual(
      expect.arrayContaining(['Regulars-segments-backfill', 'Regulars-lists-cleanup']),
    );
  }, 180_000);

  it('is answered with 500 if the table is missing', async () => {
    process.kill(Number(readFileSync(join(data, 'dynamodb', 'dynamodb.pid'), 'utf8')), 'SIGKILL');
    const before = refusals.length;
    await Promise.all([
      call('POST', '/v1/consumers', { ...PROFILE, email: 'zqxlost@example.com' }),
      call('POST', of('/events'), { eventId: 'zqxlost', type: 'poem_read', attributes: { zqxpoem: 'zqxlost' } }),
      call('PATCH', of(''), { fullName: 'zqxlost' }),
      call('GET', '/v1/consumers/lookup?email=zqxlost%40example.com'),
      control('POST', '/jobs/points-expiry'),
    ]);
    const statuses = refusals.slice(before).map(({ answer }) => answer.status);
    expect(statuses).toEqual(expect.arrayContaining([500]));
    await stack.kill();
    await stack.startAgain();
    await settle();
  }, 180_000);

  it('is in no log, event, execution, dead letter or metric', async () => {
    const marks = [...SAID, ...ASKED];
    // Callers choose the ids of events and claims, so responses and messages contain them.
    const isNamed = ({ mark, where }: Found) =>
      ['zqxclaim', 'zqxevent'].includes(mark) && /^(bus\.jsonl|\/_local\/bus)/.test(where);
    const found = [...marksInFolder(data, marks, NOT_LOGGED), ...(await inControls(marks))];
    expect(told(found.filter((one) => !isNamed(one)))).toEqual([]);
  }, 120_000);

  it('is not repeated in refusals, except for field names', () => {
    const marks = [...SAID, ...ASKED];
    // Callers choose field names, and `path` has to name the field.
    const said = (body: Answer['body']): string =>
      [body?.errors ?? []]
        .flat()
        .reduce((text, { path }) => (path ? text.replaceAll(path, '') : text), JSON.stringify(body) ?? '');
    const repeated = refusals.flatMap(({ request, answer }) => marksIn(said(answer.body), marks, request));
    expect(refusals.length).toBeGreaterThan(200);
    expect(told(repeated)).toEqual([]);
  });
});

describe('an erasure', () => {
  let keptId: string;
  const marks = () => [...SAID, ...ASKED, consumerId];
  /** The bus has to name the consumer to erase, and the systems that know the consumer. */
  const isNeeded = ({ mark, where }: Found) =>
    where.startsWith('bus.jsonl') && [consumerId, 'zqxsource'].includes(mark);
  const found = () => told(marksInFolder(data, marks(), /^cdk\.out\//).filter((one) => !isNeeded(one)));

  it('completes while other requests continue', async () => {
    keptId = (await done('POST', '/v1/consumers', { gender: 'kept' })).consumerId;
    const { erasureId } = await done('DELETE', of(''), { confirm: consumerId });
    await misused((route) => !isErasure(route));
    await asked();
    await Promise.all(
      EVENTS.map(([type, attributes], at) =>
        call('POST', of('/events'), { eventId: `zqxevent-late-${at}`, type, attributes }),
      ),
    );
    await call('POST', '/v1/events/batch', {
      events: [{ consumerId, type: 'poem_read', attributes: { zqxpoem: 'zqxpoem' } }],
    });
    await call('PATCH', of(''), { handler: 'zqxhandler' }, { headers: { 'idempotency-key': 'zqxkey-same' } });
    await settle();
    expect((await call('GET', `/v1/erasures/${erasureId}`)).body.status).toBe('completed');
    expect((await call('GET', of(''))).status).toBe(410);
  }, 180_000);

  it('leaves nothing in the folder of the running stack, including table, bucket and logs', async () => {
    expect(found()).toEqual([]);
    const inAnswers = await inControls(marks());
    expect(
      told(
        inAnswers.filter(({ mark, where }) => !isNeeded({ mark, where: where.replace('/_local/bus', 'bus.jsonl') })),
      ),
    ).toEqual([]);
    expect((await call('GET', `/v1/consumers/${keptId}`)).body.gender).toBe('kept');
  }, 120_000);

  it('leaves nothing after the stack has ended, and no item about a consumer in the table', async () => {
    await stack.stop();
    expect(found()).toEqual([]);
    const items = await everyItem();
    const people = items.map(({ pk }) => pk?.S ?? '').filter((pk) => /^[CX]#/.test(pk));
    expect([...new Set(people)]).toEqual([`C#${keptId}`]);
    expect(told(marksIn(JSON.stringify(items), marks(), 'the table'))).toEqual([]);
  }, 120_000);
});

type Item = Record<string, { S?: string }>;
/** The table, read by DynamoDB Local from the folder of the ended stack. */
const everyItem = async (): Promise<Item[]> => {
  const dynamo = await startDynamo({ directory: join(data, 'dynamodb'), log: () => {} });
  const wire = openWire(dynamo.endpoint);
  try {
    const { TableNames } = await wire.send<{ TableNames: string[] }>(`${TABLES}.ListTables`, {});
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const input = { TableName: TableNames[0], ...(from && { ExclusiveStartKey: from }) };
      const page = await wire.send<{ Items: Item[]; LastEvaluatedKey?: Item }>(`${TABLES}.Scan`, input);
      items.push(...page.Items);
      from = page.LastEvaluatedKey;
    } while (from);
    return items;
  } finally {
    wire.close();
    await dynamo.stop();
  }
};
