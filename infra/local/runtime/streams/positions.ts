/** How far each stream mapping has come in each shard, kept so that a restart goes on there. */
import { readJson, writeJson } from '../base/files.ts';

/** A sequence number, or that the shard was read to its end. */
export type Position = { after: string } | 'finished';

export interface Positions {
  get(mappingId: string, shardId: string): Position | undefined;
  /** Kept once this returns. */
  set(mappingId: string, shardId: string, position: Position): void;
  /** Forgets shards that the stream no longer has. */
  keepOnly(shardIds: Set<string>): void;
}

interface Kept {
  streamArn: string;
  mappings: Record<string, Record<string, Position>>;
}

/** Positions of another stream, a deleted table's, are of no use and dropped. */
export function openPositions(file: string | null, streamArn: string): Positions {
  const found = file === null ? undefined : (readJson(file) as Kept | undefined);
  const kept: Kept = found?.streamArn === streamArn ? found : { streamArn, mappings: {} };
  return {
    get: (mappingId, shardId) => kept.mappings[mappingId]?.[shardId],
    set: (mappingId, shardId, position) => {
      const shards = kept.mappings[mappingId] ?? {};
      kept.mappings[mappingId] = { ...shards, [shardId]: position };
      if (file !== null) writeJson(file, kept);
    },
    keepOnly: (shardIds) => {
      for (const [mappingId, shards] of Object.entries(kept.mappings)) {
        const left = Object.entries(shards).filter(([shardId]) => shardIds.has(shardId));
        kept.mappings[mappingId] = Object.fromEntries(left);
      }
    },
  };
}

/**
 * The last record of a shard that all of these mappings have passed, or all that ever read, as kept in the file. 0 where
 * one of them has not started, or where there is none.
 */
export function passedIn(file: string | null, mappingIds?: string[]): (shardId: string) => number {
  const kept = file === null ? undefined : (readJson(file) as Kept | undefined);
  if (!kept && !mappingIds) return () => 0;
  const ids = mappingIds ?? Object.keys(kept?.mappings ?? {});
  const passed = (position: Position | undefined) =>
    position === 'finished' ? Number.MAX_SAFE_INTEGER : Number(position?.after ?? 0);
  return (shardId) => Math.min(Number.MAX_SAFE_INTEGER, ...ids.map((id) => passed(kept?.mappings[id]?.[shardId])));
}
