/** The table: DynamoDB Local, started by us on a free port, with the table that the template describes. */
import type { ChildProcess } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { TableModel } from '../assembly/model.ts';
import { createGate, type Gate } from '../base/gate.ts';
import { clearOrphan, end, freePort, type JavaSettings, launch } from './java.ts';
import { openWire, TABLES, type Wire, WireError } from './wire.ts';

const PATIENCE_MS = 30_000;
const ATTEMPTS = 3;

export interface Dynamo {
  endpoint: string;
  /** Every call to the endpoint passes it. */
  gate: Gate;
  /** Ends it, does this, starts it again under the same address; all who come by the gate wait meanwhile. */
  rest(work: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Does the work on the directory while no process uses it, then starts. Throws where Java cannot be started, with
 * what to do about it.
 */
export async function startDynamo(settings: JavaSettings, beforehand: () => void = () => {}): Promise<Dynamo> {
  const { directory, log } = settings;
  if (directory !== null) await clearOrphan(directory, log);
  beforehand();
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = launch(settings, port);
    const endpoint = `http://127.0.0.1:${port}`;
    const trouble = await untilReady(child, endpoint);
    if (trouble === null) return running(settings, { child, port, endpoint });
    await end(child, directory);
    if (attempt === ATTEMPTS || trouble.includes('ENOENT')) throw new Error(`DynamoDB Local did not start: ${trouble}`);
    log(`dynamodb: ${trouble}; trying another port`);
  }
}

function running(
  settings: JavaSettings,
  { child, port, endpoint }: { child: ChildProcess; port: number; endpoint: string },
): Dynamo {
  const { directory, log } = settings;
  const gate = createGate();
  let current = child;
  const again = async () => {
    for (let attempt = 1; ; attempt += 1) {
      current = launch(settings, port);
      const trouble = await untilReady(current, endpoint);
      if (trouble === null) return;
      await end(current, directory);
      if (attempt === ATTEMPTS) throw new Error(`DynamoDB Local did not start again: ${trouble}`);
      log(`dynamodb: ${trouble}; trying again`);
    }
  };
  let resting: Promise<void> = Promise.resolve();
  const rest: Dynamo['rest'] = (work) => {
    resting = gate.alone(async () => {
      await end(current, directory);
      try {
        await work();
      } finally {
        await again();
      }
    });
    return resting;
  };
  return {
    ...{ endpoint, gate, rest },
    stop: async () => {
      await resting.catch(() => {});
      await end(current, directory);
    },
  };
}

/** Null once it answers; else why it never will. */
async function untilReady(child: ChildProcess, endpoint: string): Promise<string | null> {
  let trouble: string | null = null;
  child.on('error', (error) => {
    trouble = `${error.message}: is Java 17 or newer installed?`;
  });
  child.on('exit', (code, signal) => {
    trouble ??= `Java ended with ${code ?? signal}`;
  });
  const wire = openWire(endpoint);
  const deadline = Date.now() + PATIENCE_MS;
  try {
    while (trouble === null) {
      const answers = await wire.send(`${TABLES}.ListTables`, {}).then(
        () => true,
        () => false,
      );
      if (answers && trouble === null) return null;
      if (Date.now() > deadline) return `no answer within ${PATIENCE_MS / 1000} s`;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return trouble;
  } finally {
    wire.close();
  }
}

interface Description {
  LatestStreamArn?: string;
  KeySchema: KeyPart[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: Index[];
  StreamSpecification?: { StreamViewType?: string };
}
interface KeyPart {
  AttributeName: string;
  KeyType: string;
}
interface Index {
  IndexName: string;
  KeySchema: KeyPart[];
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
}

/** Creates the table unless it is there; throws where the one that is there has another shape. */
export async function createTable(endpoint: string, table: TableModel): Promise<{ streamArn: string }> {
  const wire = openWire(endpoint);
  try {
    const description = (await described(wire, table.name)) ?? (await created(wire, table));
    const differing = differences(shapeOf(description), shapeOf(table.create as unknown as Description));
    if (differing.length > 0) {
      const parts = differing.join(', ');
      throw new Error(`the kept table ${table.name} differs from the template in ${parts}: use another data directory`);
    }
    if (description.LatestStreamArn === undefined) throw new Error(`the table ${table.name} has no stream`);
    return { streamArn: description.LatestStreamArn };
  } finally {
    wire.close();
  }
}

async function described(wire: Wire, name: string): Promise<Description | null> {
  try {
    const { Table } = await wire.send<{ Table: Description }>(`${TABLES}.DescribeTable`, { TableName: name });
    return Table;
  } catch (error) {
    if (error instanceof WireError && error.name === 'ResourceNotFoundException') return null;
    throw error;
  }
}

async function created(wire: Wire, table: TableModel): Promise<Description> {
  const input = { BillingMode: 'PAY_PER_REQUEST', ...table.create, TableName: table.name };
  const answer = await wire.send<{ TableDescription: Description }>(`${TABLES}.CreateTable`, input);
  return answer.TableDescription;
}

/** The parts in which two tables must agree, in one order. */
function shapeOf(description: Description): Record<string, unknown> {
  const keys = (parts: KeyPart[]) => parts.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`);
  const attributes = description.AttributeDefinitions.map((row) => `${row.AttributeName} ${row.AttributeType}`);
  const indexes = (description.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
    name: IndexName,
    keys: keys(KeySchema),
    projection: [Projection.ProjectionType, ...(Projection.NonKeyAttributes ?? []).toSorted()],
  }));
  return {
    keys: keys(description.KeySchema),
    attributes: attributes.sort(),
    indexes: indexes.sort((a, b) => a.name.localeCompare(b.name)),
    stream: description.StreamSpecification?.StreamViewType,
  };
}

const differences = (one: Record<string, unknown>, other: Record<string, unknown>): string[] =>
  Object.keys(one).filter((part) => !isDeepStrictEqual(one[part], other[part]));
