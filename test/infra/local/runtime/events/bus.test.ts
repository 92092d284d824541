import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { createDeadLetters } from '../../../../../infra/local/runtime/base/dead-letters.ts';
import { type BusSettings, EventBus } from '../../../../../infra/local/runtime/events/bus.ts';

const clock = createClock({ file: null, start: '2031-01-31T09:30:00.000Z' });
const toFunction = { functionId: 'Greeter', stateMachineId: null };
const toMachine = { functionId: null, stateMachineId: 'Erasure' };
const rule = (eventPattern: Record<string, unknown>, ...targets: (typeof toFunction | typeof toMachine)[]) => ({
  ...{ logicalId: 'Rule', eventPattern, targets },
});
const entry = (detailType: string, detail = {}) => ({ source: 'regulars', detailType, detail });

let directory: string;
let invoked: unknown[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bus-'));
  invoked = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (rules: BusSettings['model']['rules'], more: Partial<BusSettings> = {}) =>
  new EventBus({
    model: { name: 'regulars', arn: 'arn:aws:events:us-east-1:000000000000:event-bus/regulars', rules },
    invoke: async (functionId, event) => void invoked.push([functionId, event]),
    startExecution: async (id, event, name) => void invoked.push([id, event, name]),
    ...{ clock, file: join(directory, 'bus.jsonl') },
    ...more,
  });

describe('the bus', () => {
  it('returns events published since an instant, regardless of when they occurred, over restarts', () => {
    const clock = createClock({ file: null, start: '2031-01-01T00:00:00.000Z' });
    const bus = open([], { clock });
    bus.put(entry('one'));
    clock.set('2031-01-02T00:00:00.000Z');
    bus.put({ ...entry('late', { n: 2 }), at: '2030-12-31T23:59:59.000Z' });
    bus.put(entry('now'));
    const again = open([], { clock });
    const types = (since: string) => again.since(since).map(({ detailType }) => detailType);
    expect(types('')).toEqual(['one', 'late', 'now']);
    expect(types('2031-01-02T00:00:00.000Z')).toEqual(['late', 'now']);
    expect(again.since('2031-01-02T00:00:00.000Z')[0]).toEqual({
      ...{ at: '2030-12-31T23:59:59.000Z', source: 'regulars', detailType: 'late', detail: { n: 2 } },
    });
  });

  it('remembers all that was published, however much', () => {
    const bus = open([]);
    for (let n = 0; n < 10_100; n += 1) bus.put(entry('many', { n }));
    expect(bus.since('')).toHaveLength(10_100);
    expect(open([]).since('')[0]).toMatchObject({ detail: { n: 0 } });
  });

  it('hands each event to the targets of every rule that it matches, in its envelope', async () => {
    const bus = open([rule({ 'detail-type': ['a'] }, toFunction), rule({ source: ['regulars'] }, toMachine)]);
    const a = bus.put({ ...entry('a', { n: 1 }), at: '2031-01-01T00:00:00.750Z' });
    const b = bus.put(entry('b'));
    await bus.idle();
    const envelope = {
      ...{ version: '0', id: a, 'detail-type': 'a', source: 'regulars', account: '000000000000' },
      ...{ time: '2031-01-01T00:00:00Z', region: 'us-east-1', resources: [], detail: { n: 1 } },
    };
    expect(invoked).toEqual([
      ['Greeter', envelope],
      ['Erasure', envelope, a],
      ['Erasure', expect.objectContaining({ id: b, 'detail-type': 'b' }), b],
    ]);
  });

  it('delivers after a restart what a kill cut short, and nothing twice that was delivered', async () => {
    const rules = [rule({ source: ['regulars'] }, toFunction)];
    const bus = open(rules);
    bus.put(entry('delivered'));
    await bus.idle();
    open(rules, { invoke: () => new Promise(() => {}) }).put(entry('cut short'));
    const before = invoked.length;
    const again = open(rules);
    await new Promise((resolve) => setImmediate(resolve));
    await again.idle();
    expect(invoked.slice(before)).toMatchObject([['Greeter', { 'detail-type': 'cut short' }]]);
  });

  it('does not deliver to a new rule what was published before it', async () => {
    open([]).put(entry('old'));
    const bus = open([rule({ source: ['regulars'] }, toFunction)]);
    await new Promise((resolve) => setImmediate(resolve));
    await bus.idle();
    expect(invoked).toEqual([]);
  });

  it('retries a target that fails, and logs when it gives up', async () => {
    const lines: string[] = [];
    let attempts = 0;
    const invoke = async () => {
      attempts += 1;
      if (attempts !== 2) throw new Error('not now');
    };
    const bus = open([rule({ source: ['regulars'] }, toFunction)], { invoke, log: (line) => void lines.push(line) });
    bus.put(entry('first'));
    await bus.idle();
    expect([attempts, lines]).toEqual([2, []]);
    bus.put(entry('second'));
    await bus.idle();
    expect(attempts).toBe(5);
    expect(lines).toEqual([expect.stringContaining('second')]);
  });

  it('names a rule whose pattern it does not understand', () => {
    expect(() => open([rule({ detail: { ip: [{ cidr: '10.0.0.0/8' }] } }, toFunction)])).toThrow(/Rule.*cidr/);
  });
});

describe('dead letters', () => {
  it('are kept over restarts, the oldest first, by queue', () => {
    const queues = createDeadLetters({ directory: join(directory, 'dead'), clock });
    queues.send('arn:aws:sqs:us-east-1:000000000000:stream-letters', { n: 1 });
    queues.send('arn:aws:sqs:us-east-1:000000000000:job-letters', { n: 2 }, { ERROR_CODE: 'Error' });
    const expected = [
      { queue: 'stream-letters', at: expect.any(String), body: { n: 1 } },
      { queue: 'job-letters', at: expect.any(String), body: { n: 2 }, attributes: { ERROR_CODE: 'Error' } },
    ];
    expect(queues.list()).toEqual(expected);
    expect(createDeadLetters({ directory: join(directory, 'dead'), clock }).list()).toEqual(
      expect.arrayContaining(expected),
    );
  });
});
