/** DynamoDB's protocol, spoken directly: attribute values and sequence numbers stay exactly as they are sent. */
import http from 'node:http';
import { type Gate, openGate } from '../base/gate.ts';

/** An error that DynamoDB answered: `name` without its namespace, such as `ResourceNotFoundException`. */
export class WireError extends Error {
  readonly status: number;
  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface Wire {
  /** Sends one operation, such as `DynamoDB_20120810.CreateTable`. Throws a `WireError` for every refusal. */
  send<T>(target: string, input: unknown): Promise<T>;
  close(): void;
}

export const TABLES = 'DynamoDB_20120810';
export const STREAMS = 'DynamoDBStreams_20120810';
/** DynamoDB Local requires credentials but checks no signature. */
export const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=localstack/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

/** A gate is passed with each request of its own. */
export function openWire(endpoint: string, { through }: Pick<Gate, 'through'> = openGate): Wire {
  const agent = new http.Agent({ keepAlive: true });
  const { hostname, port } = new URL(endpoint);
  const send = <T>(target: string, input: unknown): Promise<T> => {
    const body = Buffer.from(JSON.stringify(input));
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': body.length,
      'x-amz-target': target,
      authorization: AUTHORIZATION,
    };
    const ask = () =>
      new Promise<T>((resolve, reject) => {
        const request = http.request({ hostname, port, method: 'POST', path: '/', agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = answered(response.statusCode ?? 0, Buffer.concat(chunks).toString());
            if (answer instanceof WireError) reject(answer);
            else resolve(answer as T);
          });
        });
        request.on('error', reject);
        request.end(body);
      });
    return through(ask);
  };
  return { send, close: () => agent.destroy() };
}

function answered(status: number, text: string): unknown {
  const body = jsonOf(text);
  if (status === 200) return body;
  const { __type: type = 'UnknownError', Message: message, message: other } = body as Record<string, string>;
  return new WireError(type.split('#').at(-1) ?? type, message ?? other ?? text, status);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
