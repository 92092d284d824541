/** Hands the functions' DynamoDB requests on to DynamoDB Local and counts what they consume. */
import http from 'node:http';
import type { TableModel } from '../assembly/model.ts';
import type { Gate } from '../base/gate.ts';
import { consumes, withoutFigures, withQuestion } from './capacity.ts';
import type { Faults } from './faults.ts';
import type { Consumption, Metrics } from './metrics.ts';
import { createTransactionCosts } from './transaction-costs.ts';
import { openWire, TABLES } from './wire.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}
export interface Given {
  authorization: string;
  body: Buffer;
  /** Whether the caller still waits. One that gave up while DynamoDB Local was stopped has sent the request again. */
  isAwaited(): boolean;
}
export interface DynamoProxy {
  /** Throws where the caller has stopped waiting by the time the request can be forwarded. */
  pass(operation: string, target: string, given: Given): Promise<Answer>;
  close(): void;
}

const NOTHING: Consumption = { readUnits: 0, writeUnits: 0, indexes: {} };
/** The access key id in `AWS4-HMAC-SHA256 Credential=<id>/<date>/…`: a function's name. */
const CALLER = /Credential=([^/\s]+)\//;

export interface DynamoProxySettings {
  endpoint: string;
  gate: Pick<Gate, 'through'>;
  table: TableModel;
  metrics: Metrics;
  faults: Pick<Faults, 'meet'>;
  onWrite: () => void;
}

export function createDynamoProxy({
  endpoint,
  gate,
  table,
  metrics,
  faults,
  onWrite,
}: DynamoProxySettings): DynamoProxy {
  const wire = openWire(endpoint, gate);
  const transactions = createTransactionCosts(table, wire);
  const agent = new http.Agent({ keepAlive: true });
  const { hostname, port } = new URL(endpoint);
  const forward = (target: string, { authorization, isAwaited }: Given, body: Buffer): Promise<Answer> =>
    gate.through(() => {
      if (!isAwaited()) throw new Error('the caller no longer waits for the answer');
      return sent(target, authorization, body);
    });
  const sent = (target: string, authorization: string, body: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': body.length,
        'x-amz-target': target,
        authorization,
      };
      const request = http.request({ hostname, port, method: 'POST', path: '/', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const requestId = String(response.headers['x-amzn-requestid'] ?? '');
          const answer = { status: response.statusCode ?? 500, body: Buffer.concat(chunks) };
          // The checksum header is left out: it is of the bytes as they came.
          resolve({ ...answer, headers: { 'x-amzn-requestid': requestId } });
        });
      });
      request.on('error', reject);
      request.end(body);
    });

  /**
   * DynamoDB Local answers a transaction a moment before its items are on the disk. The next read waits for that:
   * so a kill right after an answer loses nothing that was acknowledged. Transactions that are answered during one look
   * share the next.
   */
  const look = async (authorization: string): Promise<void> => {
    const { KeySchema } = table.create as { KeySchema: { AttributeName: string }[] };
    const Key = Object.fromEntries(KeySchema.map(({ AttributeName }) => [AttributeName, { S: '-' }]));
    const question = Buffer.from(JSON.stringify({ TableName: table.name, Key, ConsistentRead: true }));
    await gate.through(() => sent(`${TABLES}.GetItem`, authorization, question)).catch(() => undefined);
  };
  const onDisk = sharingTheNext(look);

  const carryOut = async (caller: string, operation: string, target: string, given: Given): Promise<Answer> => {
    const { authorization, body } = given;
    if (!consumes(operation)) return forward(target, given, body);
    const question = withQuestion(body);
    const cost = operation === 'TransactWriteItems' ? await transactions.watch(body) : null;
    const answer = await forward(target, given, question.body);
    if (answer.status !== 200) {
      // A refused write is billed on AWS too, by a size that no answer contains; its request counts, its units don't.
      metrics.record(caller, operation, NOTHING);
      return answer;
    }
    if (operation === 'TransactWriteItems') await onDisk(authorization);
    const { asked } = question;
    const { body: rest, consumption: reported } = withoutFigures({
      operation,
      request: body,
      answer: answer.body,
      asked,
    });
    const consumption = cost === null ? reported : await cost();
    metrics.record(caller, operation, consumption);
    if (consumption.writeUnits > 0) onWrite();
    return { ...answer, body: rest };
  };
  const pass: DynamoProxy['pass'] = (operation, target, given) => {
    const caller = CALLER.exec(given.authorization)?.[1] ?? 'unknown';
    const met = { function: caller, operation, body: given.body };
    return faults.meet(met, () => carryOut(caller, operation, target, given));
  };
  const close = () => {
    agent.destroy();
    wire.close();
  };
  return { pass, close };
}

/** Does the work for all together who ask while it is done for those before them. */
function sharingTheNext<A>(work: (argument: A) => Promise<void>): (argument: A) => Promise<void> {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const begin = (argument: A): Promise<void> => {
    next = null;
    current = work(argument).finally(() => {
      if (next === null) current = null;
    });
    return current;
  };
  return (argument) => {
    if (current === null) return begin(argument);
    next ??= current.then(() => begin(argument));
    return next;
  };
}
