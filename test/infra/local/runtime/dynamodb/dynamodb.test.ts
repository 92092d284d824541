import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createTable, startDynamo } from '../../../../../infra/local/runtime/dynamodb/dynamodb.ts';
import { freePort, launch } from '../../../../../infra/local/runtime/dynamodb/java.ts';
import { openWire, TABLES } from '../../../../../infra/local/runtime/dynamodb/wire.ts';
import { smallTable } from '../../support/dynamo-local.ts';

jest.setTimeout(60_000);

let directory: string;
const log = () => {};
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dynamodb-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const pidFile = () => join(directory, 'dynamodb.pid');
const isAlive = (pid: number): boolean => {
  try {
    // A process that has ended may wait for its parent to notice.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
};

describe('DynamoDB Local', () => {
  it('keeps its tables in the directory, and makes a table once', async () => {
    const table = smallTable();
    const Item = { pk: { S: 'a' }, sk: { S: 'thing' } };
    const first = await startDynamo({ directory, log });
    const { streamArn } = await createTable(first.endpoint, table);
    const wire = openWire(first.endpoint);
    await wire.send(`${TABLES}.PutItem`, { TableName: table.name, Item });
    wire.close();
    await first.stop();
    expect(existsSync(pidFile())).toBe(false);

    const second = await startDynamo({ directory, log });
    expect(await createTable(second.endpoint, table)).toEqual({ streamArn });
    const again = openWire(second.endpoint);
    const found = await again.send<{ Item: unknown }>(`${TABLES}.GetItem`, { TableName: table.name, Key: Item });
    expect(found.Item).toEqual(Item);
    again.close();

    const indexes = table.create['GlobalSecondaryIndexes'] as { IndexName: string }[];
    const other = {
      ...table,
      create: { ...table.create, GlobalSecondaryIndexes: [{ ...indexes[0], IndexName: 'other' }] },
    };
    await expect(createTable(second.endpoint, other)).rejects.toThrow(/things differs from the template in indexes/);
    await second.stop();
  });

  it('that a killed stack left behind is ended by the next start', async () => {
    const orphan = launch({ directory, log }, await freePort());
    children.push(orphan);
    expect(Number(readFileSync(pidFile(), 'utf8'))).toBe(orphan.pid);
    const gone = new Promise((resolve) => orphan.once('exit', (_, signal) => resolve(signal)));
    const next = await startDynamo({ directory, log });
    expect(await gone).toBe('SIGKILL');
    await next.stop();
  });

  it('leaves a process alone that has taken over the number of one that ended', async () => {
    const stranger = spawn('sleep', ['60']);
    children.push(stranger);
    writeFileSync(pidFile(), String(stranger.pid));
    const dynamo = await startDynamo({ directory, log });
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    await dynamo.stop();
  });
});
