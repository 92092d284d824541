/** The AWS endpoint of the functions: DynamoDB, EventBridge and Step Functions behind one local address. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TableModel } from '../assembly/model.ts';
import { AwsError } from '../base/aws-error.ts';
import { type Gate, openGate } from '../base/gate.ts';
import { createFaults, type Faults } from '../dynamodb/faults.ts';
import type { Metrics } from '../dynamodb/metrics.ts';
import { type Answer, createDynamoProxy, type DynamoProxy, type Given } from '../dynamodb/proxy.ts';
import { putEvents } from '../events/api.ts';
import type { EventBus } from '../events/bus.ts';
import { type ExecutionsApi, executionsApi } from '../states/api.ts';
import type { StateMachines } from '../states/state-machines.ts';

export interface AwsSettings {
  dynamoEndpoint: string;
  gate?: Pick<Gate, 'through'>;
  table: TableModel;
  metrics: Metrics;
  bus: EventBus;
  machines: StateMachines;
  faults?: Pick<Faults, 'meet'>;
  /** Runs after each write to the table, so that streams look at once. */
  onWrite?: () => void;
}
export interface Aws {
  endpoints: { dynamodb: string; eventbridge: string; sfn: string };
  stop(): Promise<void>;
}

/** Every operation takes and gives JSON; the target names the service: `AWSEvents.PutEvents`. */
type Operations = (service: string, operation: string, request: Given) => Promise<Answer>;

export async function startAws(settings: AwsSettings): Promise<Aws> {
  const { dynamoEndpoint: endpoint, gate = openGate, table, metrics, onWrite = () => {} } = settings;
  const { faults = createFaults() } = settings;
  const proxy = createDynamoProxy({ endpoint, gate, table, metrics, faults, onWrite });
  const carryOut = operations(proxy, settings.bus, executionsApi(settings.machines));
  const server = createServer((request, response) => {
    void answer(request, carryOut).then((answered) => send(response, answered));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    endpoints: { dynamodb: url, eventbridge: url, sfn: url },
    stop: async () => {
      server.closeIdleConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      });
      proxy.close();
    },
  };
}

const operations =
  (proxy: DynamoProxy, bus: EventBus, executions: ExecutionsApi): Operations =>
  async (service, operation, given) => {
    const { body } = given;
    switch (service) {
      case 'DynamoDB_20120810':
      case 'DynamoDBStreams_20120810':
        return proxy.pass(operation, `${service}.${operation}`, given);
      case 'AWSEvents':
        if (operation === 'PutEvents') return json(200, putEvents(bus, inputOf(body)));
        break;
      case 'AWSStepFunctions':
        if (operation === 'StartExecution') return json(200, await executions.start(inputOf(body)));
        if (operation === 'DescribeExecution') return json(200, executions.describe(inputOf(body)));
        break;
    }
    throw new AwsError('UnknownOperationException', `the local stack has no ${service}.${operation}`);
  };

async function answer(request: IncomingMessage, carryOut: Operations): Promise<Answer> {
  try {
    const body = await bodyOf(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    const [service = '', operation = ''] = target.split('.');
    const authorization = String(request.headers.authorization ?? '');
    return await carryOut(service, operation, { authorization, body, isAwaited: () => !request.socket.destroyed });
  } catch (error) {
    if (error instanceof AwsError) return json(error.status, { __type: error.name, message: error.message });
    const message = error instanceof Error ? error.message : String(error);
    return json(500, { __type: 'InternalServerError', message });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

function inputOf(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new AwsError('SerializationException', 'the request is not JSON');
  }
}

const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID() },
  body: Buffer.from(JSON.stringify(body)),
});

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/x-amz-json-1.0',
    'content-length': body.length,
  });
  response.end(body);
}
