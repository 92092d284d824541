/** Responses that are the same for every caller, with an ETag so that clients can cache them. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { sha256 } from '../domain/canonical.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export const published = (contentType: string, text: string, headers: Record<string, string> = {}) => {
  const etag = `"${sha256(text)}"`;
  const all = { ...SECURITY_HEADERS, 'cache-control': 'public, max-age=60', etag, ...headers };
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> =>
    event.headers['if-none-match'] === etag
      ? { statusCode: 304, headers: all }
      : { statusCode: 200, headers: { ...all, 'content-type': contentType }, body: text };
};
