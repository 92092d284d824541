/** Facts about Regulars that the local runtime cannot read from a template. */
import type { Application, PublishedEvent } from './runtime/base/application.ts';

const MESSAGE_EVENTS = ['verification.requested', 'message.requested'];

export const regulars: Application = {
  scopes: { admin: 'regulars/admin', storefront: 'regulars/storefront' },
  // Tokens of Cognito name a person for the console, and the client for the server of a storefront.
  subjectOf: (scopes) => (scopes.includes('regulars/admin') ? 'local-staff' : null),
  erasure: { detailType: 'consumer.erased', idField: 'consumerId' },
  messageIn,
};

function messageIn({ at, detailType, detail }: PublishedEvent): Record<string, unknown> | null {
  if (!MESSAGE_EVENTS.includes(detailType)) return null;
  const { messageId, verificationId, channel, to, contact, code, text } = detail;
  // The recipient was erased.
  if (to === undefined && contact === undefined) return null;
  return { messageId: messageId ?? verificationId, channel, to: to ?? contact, code, text, at };
}
