/** Records of the table's stream: as DynamoDB gives them, and as Lambda hands them to a function. */

export interface StreamRecord {
  eventID: string;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  eventVersion: string;
  eventSource: string;
  awsRegion: string;
  dynamodb: {
    /** Seconds since 1970. */
    ApproximateCreationDateTime: number;
    Keys: Record<string, unknown>;
    NewImage?: Record<string, unknown>;
    OldImage?: Record<string, unknown>;
    SequenceNumber: string;
    SizeBytes?: number;
    StreamViewType: string;
  };
  userIdentity?: { type: string; principalId: string };
  eventSourceARN?: string;
}

/** The identity that DynamoDB names in records of expired items. */
const EXPIRY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

export interface Dressing {
  /** ARN of the stream in the template: the one that functions know. */
  eventSourceArn: string;
  nowMs: number;
  hasExpired: (keys: Record<string, unknown>) => boolean;
}

/** DynamoDB Local stamps records with the machine's time; functions live by the stack's. */
export function dressed(record: StreamRecord, { eventSourceArn, nowMs, hasExpired }: Dressing): StreamRecord {
  const isExpiry = record.eventName === 'REMOVE' && hasExpired(record.dynamodb.Keys);
  return {
    ...record,
    awsRegion: eventSourceArn.split(':')[3] ?? record.awsRegion,
    dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: Math.floor(nowMs / 1000) },
    ...(isExpiry && { userIdentity: EXPIRY }),
    eventSourceARN: eventSourceArn,
  };
}
