/** Problems (RFC 9457) and the gateway's own answers, as the OpenAPI document tells them. */
import type { RefusalCode } from '../../domain/refusal.ts';
import { problems } from '../problems.ts';
import type { JsonSchema } from './schema.ts';
import type { Response } from './types.ts';

const text: JsonSchema = { type: 'string' };

/** The body of every problem. */
export const bodyProblemSchema: JsonSchema = {
  type: 'object',
  description: 'Why a request was refused, as RFC 9457 has it.',
  properties: {
    type: { ...text, description: 'Where this page explains the code.' },
    title: text,
    status: { type: 'integer' },
    detail: text,
    code: { ...text, enum: [...Object.keys(problems), 'internal_error'] },
    requestId: { ...text, description: 'Names this request to the operators.' },
    errors: {
      type: 'array',
      description: 'What is wrong with the input, part by part.',
      items: {
        type: 'object',
        properties: { path: { ...text, examples: ['events.3.attributes.totalMinor'] }, code: text, message: text },
        required: ['path', 'code', 'message'],
      },
    },
    reasons: {
      type: 'array',
      description: 'Of `not_eligible` every reason; of `in_use` everything that uses it, such as `reward:mug`.',
      items: text,
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
};

/** One response a status, with the codes that it may carry; 500 is always among them. */
export const problemResponses = (codes: RefusalCode[]): Record<string, Response> => {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  const refusals = [...byStatus].map(([status, same]) => [
    status,
    problemResponse(same.map((code) => `\`${code}\`: ${problems[code].title}.`).join('\n\n'), same, status === 429),
  ]);
  const fault = problemResponse('`internal_error`: something went wrong on our side.', ['internal_error'], false);
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

/** What API Gateway answers by itself, before any of our code. */
export const gatewayAnswer = (description: string): Response => ({
  description,
  content: { 'application/json': { schema: { type: 'object', properties: { message: text }, required: ['message'] } } },
});
