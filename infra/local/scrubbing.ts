/**
 * Takes out of DynamoDB Local's file what no query shows any more but the disk still holds: deleted and overwritten items
 * in its free pages, and records of the stream, with old images, that every consumer has passed.
 *
 * Only while DynamoDB Local does not run: it takes a lock of somebody else's for a fault. The file is SQLite's, and so is
 * what is done here: cut short at any point, the next to open it finds it as it was before.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const FILE = 'shared-local-instance.db';

/** Up to which record of a shard everybody has come; 0 where somebody has read nothing of it yet. */
export type PassedBy = (shardId: string) => number;

/** Answers whether records are left that somebody has still to read. */
export function scrub(directory: string, passedBy: PassedBy): { behind: boolean } {
  const file = join(directory, FILE);
  if (!existsSync(file)) return { behind: false };
  const database = new DatabaseSync(file);
  try {
    // What is deleted on the way is overwritten, in case all else is cut short.
    database.exec('PRAGMA secure_delete = ON');
    const behind = purged(database, passedBy);
    database.exec('VACUUM');
    return { behind };
  } finally {
    database.close();
  }
}

/** Table `us` holds the stream's records, by shard. */
function purged(database: DatabaseSync, passedBy: PassedBy): boolean {
  const isThere = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'us'").get();
  if (!isThere) return false;
  const shards = database.prepare('SELECT ShardID AS id, MAX(SequenceNumber) AS last FROM us GROUP BY ShardID').all();
  database.exec('BEGIN IMMEDIATE');
  for (const { id, last } of shards) {
    const passed = passedBy(String(id));
    database
      .prepare('DELETE FROM us WHERE ShardID = ? AND SequenceNumber <= ? AND SequenceNumber < ?')
      .run(String(id), passed, Number(last));
    // The newest one stays, without what it says: sequence numbers are counted on from it.
    if (Number(last) <= passed) blank(database, Number(last));
  }
  database.exec('COMMIT');
  return shards.some(({ id, last }) => Number(last) > passedBy(String(id)));
}

interface Kept {
  Dynamodb: { Keys: Record<string, unknown>; StreamViewType: string };
}

function blank(database: DatabaseSync, sequenceNumber: number): void {
  const row = database.prepare('SELECT CAST(StreamRecord AS TEXT) AS text FROM us WHERE SequenceNumber = ?');
  const { Dynamodb, ...rest } = JSON.parse(String(row.get(sequenceNumber)?.['text'])) as Kept;
  const Keys = Object.fromEntries(Object.keys(Dynamodb.Keys).map((name) => [name, { S: '-' }]));
  const record = { ...rest, Dynamodb: { Keys, SizeBytes: 0, StreamViewType: Dynamodb.StreamViewType } };
  database
    .prepare('UPDATE us SET StreamRecord = ? WHERE SequenceNumber = ?')
    .run(Buffer.from(JSON.stringify(record)), sequenceNumber);
}
