/**
 * Takes out of DynamoDB Local's file what no query shows any more but the disk still holds: deleted and overwritten items
 * in its free pages, and records of the stream, with old images, that every consumer has passed.
 *
 * Only while DynamoDB Local does not run: it treats another process's lock as a fault. The file is SQLite's, and so is
 * what is done here: what lives is copied into a new file, which takes the old one's place in one step. Cut short at any
 * point, the old one is there, whole.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const FILE = 'shared-local-instance.db';
const COPY = 'scrubbed.db';

/** The last record of a shard that every mapping has passed. 0 where one has read nothing of it yet. */
export type PassedBy = (shardId: string) => number;

/** Returns whether records are left that a mapping has still to read. */
export function scrub(directory: string, passedBy: PassedBy): { behind: boolean } {
  const [file, copy] = [join(directory, FILE), join(directory, COPY)];
  // Left by a run that was interrupted.
  for (const left of [copy, `${copy}-journal`]) rmSync(left, { force: true });
  if (!existsSync(file)) return { behind: false };
  const behind = copied(file, copy, passedBy);
  // On the disk before it takes the place of the only other one.
  const opened = openSync(copy, 'r+');
  fsyncSync(opened);
  closeSync(opened);
  renameSync(copy, file);
  return { behind };
}

function copied(file: string, copy: string, passedBy: PassedBy): boolean {
  const database = new DatabaseSync(file);
  try {
    const behind = purged(database, passedBy);
    // Six times as fast as `VACUUM` in place.
    database.prepare('VACUUM INTO ?').run(copy);
    return behind;
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
