/** Problems (RFC 9457) and the gateway's own responses in the OpenAPI document. */
import type { RefusalCode } from '../../domain/refusal.ts';
import { problems } from '../problems.ts';
import type { JsonSchema } from './schema.ts';
import type { Response } from './types.ts';

const text: JsonSchema = { type: 'string' };

/** The body of every problem. */
export const bodyProblemSchema: JsonSchema = {
  type: 'object',
  description: 'The reason for a refusal, as defined by RFC 9457.',
  properties: {
    type: { ...text, description: 'Link to the documentation of the code.' },
    title: text,
    status: { type: 'integer' },
    detail: text,
    code: { ...text, enum: [...Object.keys(problems), 'internal_error'] },
    requestId: { ...text, description: 'Identifies the request. Quote it when you contact the operators.' },
    errors: {
      type: 'array',
      description: 'All errors in the input.',
      items: {
        type: 'object',
        properties: { path: { ...text, examples: ['events.3.attributes.totalMinor'] }, code: text, message: text },
        required: ['path', 'code', 'message'],
      },
    },
    reasons: {
      type: 'array',
      description: 'For `not_eligible`, every reason. For `in_use`, every resource that uses it, such as `reward:mug`.',
      items: text,
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
};

/** One response per status with its possible codes, always including 500. */
export const problemResponses = (codes: RefusalCode[]): Record<string, Response> => {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  const refusals = [...byStatus].map(([status, same]) => [
    status,
    problemResponse(same.map((code) => `\`${code}\`: ${problems[code].title}.`).join('\n\n'), same, status === 429),
  ]);
  const fault = problemResponse('`internal_error`: Internal error.', ['internal_error'], false);
  return Object.fromEntries([...refusals, [500, fault]]);
};

const problemResponse = (description: string, codes: string[], retryAfter: boolean): Response => ({
  description,
  ...(retryAfter && { headers: { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } } }),
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] },
    },
  },
});

/** A response that API Gateway sends itself, before a function runs. */
export const gatewayAnswer = (description: string): Response => ({
  description,
  content: { 'application/json': { schema: { type: 'object', properties: { message: text }, required: ['message'] } } },
});
