/**
 * The JWT authorizer's rules, and the local issuer that replaces Cognito: same claims, a key of its own. Tokens live
 * in real time, so that they stay valid when the stack's clock is moved.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { ApiModel, RouteModel } from '../assembly/model.ts';
import type { Application } from '../base/application.ts';

export interface JwtIdentity {
  claims: Record<string, string>;
  scopes: string[] | null;
}
/** The caller, or the refusal with its `www-authenticate` header. */
export type Authorization =
  | { allowed: true; jwt: JwtIdentity | null }
  | { allowed: false; status: 401 | 403; message: 'Unauthorized' | 'Forbidden'; challenge: string };

export interface Authorizer {
  authorize(header: string | undefined, route: RouteModel): Promise<Authorization>;
  /** A token as Cognito's client credentials grant would give it. */
  token(scopes: string[], expiresInSeconds: number): Promise<string>;
}

const KEY_ID = 'local';
const ALGORITHM = 'RS256';
const REMEMBERED_TOKENS_MAX = 1000;

/** `keyFile` keeps the signing key between runs, so that tokens outlive a restart; null keeps it in memory. */
export async function createAuthorizer(settings: {
  jwt: ApiModel['jwt'];
  keyFile: string | null;
  subjectOf?: Application['subjectOf'];
}): Promise<Authorizer> {
  const { issuer, audience } = settings.jwt ?? { issuer: 'local', audience: ['local'] };
  const { privateKey, publicKey } = await signingKeys(settings.keyFile);

  const verified = async (token: string): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, publicKey, { issuer, algorithms: [ALGORITHM], requiredClaims: ['exp'] });
    // `client_id` counts only where there is no `aud`: Cognito's access tokens have none.
    const claimed = [payload.aud ?? payload['client_id']].flat();
    if (!claimed.some((name) => typeof name === 'string' && audience.includes(name)))
      throw new Error('the token does not have a valid audience');
    if (payload.iat !== undefined && payload.iat > Date.now() / 1000)
      throw new Error('the token was issued in the future');
    return payload;
  };
  const believed = remembering(verified);

  return {
    authorize: async (header, route) => {
      if (route.authorizer === 'none') return { allowed: true, jwt: null };
      if (!header) return unauthorized('Bearer');
      try {
        return admitted(await believed(header.replace(/^Bearer\s+/i, '')), route.scopes);
      } catch (error) {
        return unauthorized(`Bearer scope="" error="invalid_token" error_description="${reason(error)}"`);
      }
    },
    token: async (scopes, expiresInSeconds) => {
      const now = Math.floor(Date.now() / 1000);
      const clientId = audience[0] ?? 'local';
      return new SignJWT({ scope: scopes.join(' '), client_id: clientId, token_use: 'access', version: 2 })
        .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
        .setIssuer(issuer)
        .setSubject(settings.subjectOf?.(scopes) ?? clientId)
        .setJti(randomUUID())
        .setIssuedAt(Math.min(now, now + expiresInSeconds))
        .setExpirationTime(now + expiresInSeconds)
        .sign(privateKey);
    },
  };
}

/** Checking a signature costs more than all else here: a token that was believed is believed until it expires. */
function remembering(verified: (token: string) => Promise<JWTPayload>): (token: string) => Promise<JWTPayload> {
  const known = new Map<string, JWTPayload>();
  return async (token) => {
    const remembered = known.get(token);
    if (remembered && (remembered.exp ?? 0) > Date.now() / 1000) return remembered;
    known.delete(token);
    const payload = await verified(token);
    if (known.size >= REMEMBERED_TOKENS_MAX) known.clear();
    known.set(token, payload);
    return payload;
  };
}

function admitted(payload: JWTPayload, wanted: string[]): Authorization {
  const scope = payload['scope'] ?? payload['scp'];
  const scopes = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope.map(String) : [];
  if (wanted.length > 0 && !scopes.some((name) => wanted.includes(name))) {
    const challenge = `Bearer scope="${wanted.join(' ')}" error="insufficient_scope" error_description="the token does not have a required scope"`;
    return { allowed: false, status: 403, message: 'Forbidden', challenge };
  }
  const claims = Object.entries(payload).map(([name, value]) => [name, claimText(value)]);
  return { allowed: true, jwt: { claims: Object.fromEntries(claims), scopes: wanted.length > 0 ? scopes : null } };
}

/** API Gateway hands every claim over as text, lists in brackets. */
const claimText = (value: unknown): string => (Array.isArray(value) ? `[${value.join(' ')}]` : String(value));

const unauthorized = (challenge: string): Authorization => ({
  allowed: false,
  status: 401,
  message: 'Unauthorized',
  challenge,
});

/** One line that is safe inside a quoted header value for every possible token. */
const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : 'the token is not valid').replace(/[^\x20-\x7e]|["\\]/g, '').slice(0, 200);

async function signingKeys(file: string | null) {
  const stored: JWK | null = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  const jwk = stored ?? (await exportJWK((await generateKeyPair(ALGORITHM, { extractable: true })).privateKey));
  if (file && !stored) writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  const { kty, n, e } = jwk;
  return {
    privateKey: await importJWK(jwk, ALGORITHM),
    publicKey: await importJWK({ kty, n, e } as JWK, ALGORITHM),
  };
}
