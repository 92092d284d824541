import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { eventBridge } from '../../shared/data/bus.ts';
import { stepFunctions } from '../../shared/data/workflows.ts';

const at = '2026-01-01T00:00:00.000Z';
const events = Array.from({ length: 23 }, (_, n) => ({ detailType: 'consumer.registered', detail: { n }, at }));

describe('the bus', () => {
  it('puts events on it ten at a time, in their order', async () => {
    const client = mockClient(EventBridgeClient);
    client.on(PutEventsCommand).resolves({ Entries: [] });
    expect(await eventBridge('regulars', new EventBridgeClient({})).publish(events)).toBe(23);
    const entries = client.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries ?? []);
    expect(entries.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(entries.flat().map(({ Detail }) => JSON.parse(Detail ?? ''))).toEqual(events.map(({ detail }) => detail));
    expect(entries[0]?.[0]).toMatchObject({ EventBusName: 'regulars', Source: 'regulars', Time: new Date(at) });
  });

  const stub = () => mockClient(EventBridgeClient);
  const taken = Array(10).fill({ EventId: 'x' });
  const refused = { ErrorCode: 'ThrottlingException' };
  const failing = [...taken.slice(0, 4), refused, ...taken.slice(5, 9), refused];
  const sentTo = (client: ReturnType<typeof stub>) =>
    client.commandCalls(PutEventsCommand).map(({ args }) => {
      const { Entries = [] } = args[0].input;
      return Entries.map(({ Detail }) => JSON.parse(Detail ?? '').n as number);
    });

  it('sends again, and alone, what was not taken', async () => {
    const client = stub();
    client
      .on(PutEventsCommand)
      .resolvesOnce({ Entries: failing })
      .resolvesOnce({ Entries: [refused, { EventId: 'x' }] })
      .resolves({ Entries: taken });
    expect(await eventBridge('regulars', new EventBridgeClient({})).publish(events.slice(0, 12))).toBe(12);
    expect(sentTo(client)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [4, 9], [4], [10, 11]]);
  });

  it('says how many were taken before one that never is, and sends nothing after its request', async () => {
    const client = stub();
    client
      .on(PutEventsCommand)
      .resolvesOnce({ Entries: taken })
      .resolvesOnce({ Entries: failing })
      .resolvesOnce({ Entries: [refused, { EventId: 'x' }] })
      .resolvesOnce({ Entries: [refused] });
    expect(await eventBridge('regulars', new EventBridgeClient({})).publish(events)).toBe(14);
    expect(sentTo(client).slice(2)).toEqual([[14, 19], [14]]);
  });
});

describe('the workflows', () => {
  const workflows = stepFunctions((name) => `arn:${name}`, new SFNClient({}));

  it('start under a name of their own', async () => {
    const client = mockClient(SFNClient);
    client.on(StartExecutionCommand).resolves({});
    await workflows.start('metrics-rebuild', 'settings-5', { now: at });
    const input = client.commandCalls(StartExecutionCommand)[0]?.args[0].input;
    expect(input).toEqual({ stateMachineArn: 'arn:metrics-rebuild', name: 'settings-5', input: `{"now":"${at}"}` });
  });

  it('take a name that ran already for started, and nothing else', async () => {
    const client = mockClient(SFNClient);
    client
      .on(StartExecutionCommand)
      .rejectsOnce(new ExecutionAlreadyExists({ message: 'ran', $metadata: {} }))
      .rejectsOnce(new Error('down'));
    await expect(workflows.start('metrics-rebuild', 'settings-5', {})).resolves.toBeUndefined();
    await expect(workflows.start('metrics-rebuild', 'settings-5', {})).rejects.toThrow('down');
  });
});
