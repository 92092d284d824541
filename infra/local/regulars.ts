/** What the runtime has to be told about Regulars. */
import type { Application, PublishedEvent } from './runtime/base/application.ts';

const MESSAGE_EVENTS = ['verification.requested', 'message.requested'];

export const regulars: Application = {
  scopes: { admin: 'regulars/admin', storefront: 'regulars/storefront' },
  // As with Cognito: a user of the console is a person, the server of a storefront is a client.
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
