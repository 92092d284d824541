/** A patient caller of the API: it outlasts a restarted stack, a busy table and an expired local token. */
import http from 'node:http';
import https from 'node:https';

export interface Answer {
  status: number;
  body: unknown;
}
export interface Client {
  /**
   * Sends until it is answered with something other than 429 or 5xx. Every call must be safe to repeat. Throws
   * `Unreachable` when patience ends, and on a token that is not accepted.
   */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): void;
}

/** The API could not be reached, or not be used, for longer than we wait. */
export class Unreachable extends Error {}

export interface ClientOptions {
  /** Such as `http://127.0.0.1:4000`. */
  url: string;
  /** A token of the admin scope; without one, the local stack is asked for its own. */
  token?: string | undefined;
  /** Connections held open. */
  connections: number;
  /** How long one call is tried again before it gives up. */
  patienceMs?: number;
  /** Told once when the API stops answering and once when it is back. */
  onOutage?: (what: string) => void;
}

const DEFAULT_PATIENCE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 3_000;
const LOCAL_TOKEN_LIFE_SECONDS = 86_400;

export const createClient = (options: ClientOptions): Client => {
  const agent = agentFor(options);
  const patienceMs = options.patienceMs ?? DEFAULT_PATIENCE_MS;
  let token: Promise<string> | undefined;
  let isOut = false;

  const send = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
    request(agent, new URL(path, options.url), method, headers, body);

  const tokenOf = async (): Promise<string> => {
    if (options.token !== undefined) return options.token;
    const { body } = await send('GET', `/_local/token?scope=admin&expiresIn=${LOCAL_TOKEN_LIFE_SECONDS}`, {});
    const local = (body as { token?: unknown } | null)?.token;
    if (typeof local !== 'string') throw new Unreachable(`${options.url} gives no local token: pass --token.`);
    return local;
  };

  const attempt = async (method: string, path: string, body: unknown, headers: Record<string, string>) => {
    token ??= tokenOf();
    const bearer = await token.catch((error: unknown) => {
      token = undefined;
      throw error;
    });
    return send(method, path, { ...headers, authorization: `Bearer ${bearer}` }, body);
  };

  const outage = (what: string | null): void => {
    if ((what !== null) === isOut) return;
    isOut = what !== null;
    options.onOutage?.(what ?? 'The API answers again.');
  };

  const call: Client['call'] = async (method, path, body, headers = {}) => {
    let refusedTokens = 0;
    let waitedMs = 0;
    for (let retry = 0; ; retry += 1) {
      const answer = await attempt(method, path, body, headers).catch(faultOf);
      if (answer.status === 401 && options.token === undefined && refusedTokens < 2) {
        refusedTokens += 1;
        token = undefined;
        continue;
      }
      if (answer.status === 401 || answer.status === 403) throw new Unreachable('The token is not accepted.');
      if (!isTemporary(answer.status)) {
        outage(null);
        return answer;
      }
      if (waitedMs >= patienceMs) throw new Unreachable(`${method} ${path}: ${sayingOf(answer)}, tried for too long.`);
      if (answer.status === 0) outage(`${sayingOf(answer)}: waiting for ${options.url}`);
      waitedMs += await pause(retry);
    }
  };
  return { call, close: () => agent.destroy() };
};

const agentFor = ({ url, connections }: ClientOptions): http.Agent =>
  new (url.startsWith('https:') ? https : http).Agent({ keepAlive: true, maxSockets: connections });

/** Status 0: nobody answered. */
const isTemporary = (status: number): boolean => status === 0 || status === 429 || status >= 500;

const faultOf = (error: unknown): Answer => {
  if (error instanceof Unreachable) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  return { status: 0, body: code ?? message };
};

const sayingOf = ({ status, body }: Answer): string => (status === 0 ? String(body) : `status ${status}`);

/** Longer each time, with jitter, so that many callers don't return at once. */
const pause = async (retry: number): Promise<number> => {
  const ms = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(retry, 10)) * (0.5 + Math.random() / 2);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
};

const request = (
  agent: http.Agent,
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Answer> => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const bodyHeaders = text !== undefined && {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  };
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(
      url,
      { agent, method, headers: { ...headers, ...bodyHeaders } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: jsonOf(Buffer.concat(chunks)) }));
      },
    );
    sent.setTimeout(60_000, () => sent.destroy(new Error('no answer within a minute')));
    sent.on('error', reject);
    sent.end(text);
  });
};

const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes.toString('utf8');
  }
};
