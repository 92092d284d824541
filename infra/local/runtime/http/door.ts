/**
 * The single address of the stack. It opens before the API behind it, because functions need the address at their start.
 * Requests that arrive early wait.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export interface Door {
  url: string;
  /** From now on everything is answered so, also what came before. */
  open(respond: Respond): void;
  /** Lets what is being answered finish. */
  stop(): Promise<void>;
}

/** Quota of HTTP APIs. */
const HEADER_BYTES_MAX = 10_240;

/** How long open connections may still take up their answers once everything else has ended. */
const CONNECTIONS_GRACE_MS = 1_000;

/** On 127.0.0.1; port 0 takes a free one. */
export async function createDoor(port: number): Promise<Door> {
  const opened = Promise.withResolvers<Respond>();
  const underWay = new Set<ServerResponse>();
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    underWay.add(response.once('close', () => underWay.delete(response)));
    if (!server.listening) response.setHeader('connection', 'close');
    void opened.promise.then((respond) => respond(request, response));
  });
  server.on('clientError', refuseUnreadable);
  await listening(server, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    open: opened.resolve,
    stop: () => {
      opened.resolve((_, response) => response.writeHead(503, { connection: 'close' }).end());
      return closed(server, underWay);
    },
  };
}

/** Answers, as the gateway does, what Node's parser refuses and never turns into a request. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return;
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request'];
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Each connection ends with the answer under way: a busy caller would never let it go. */
function closed(server: Server, underWay: Set<ServerResponse>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    setTimeout(() => server.closeAllConnections(), CONNECTIONS_GRACE_MS).unref();
    server.closeIdleConnections();
    for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  });
}
