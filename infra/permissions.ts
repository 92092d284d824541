/** What each capability may do: one row each, nothing more than its code uses. */
import type { IndexName } from '../shared/data/table-schema.ts';

export interface Permissions {
  table?: { write?: boolean; indexes?: IndexName[] };
  /** Puts events on the bus. */
  publishes?: boolean;
  /** Workflows that it starts. */
  starts?: string[];
  /** Exports' files: takes them away, and asks whether any is left; or writes them, and links to them, too. */
  files?: 'remove' | 'write';
  /** Memory, and with it the share of a processor; 512 unless said. */
  memoryMb?: number;
}

export const permissions: Record<string, Permissions> = {
  consumers: { table: { write: true, indexes: ['population', 'directory'] } },
  events: { table: { write: true } },
  points: { table: { write: true, indexes: ['due'] } },
  rewards: { table: { write: true } },
  challenges: { table: { write: true } },
  advocates: { table: { write: true, indexes: ['population'] } },
  consent: { table: { write: true } },
  lists: { table: { write: true, indexes: ['population'] } },
  tiers: { table: { write: true, indexes: ['population'] } },
  // No more of a file is held than a part of it.
  exports: { table: { write: true }, files: 'write' },
  // A whole processor: trying out a ladder of tiers goes over everyone while the caller waits.
  settings: { table: { write: true, indexes: ['population'] }, memoryMb: 1_769 },
  insights: { table: { write: true, indexes: ['population', 'due'] }, memoryMb: 1_024 },
  // Everyone is evaluated: a preview has to answer before its caller gives up.
  segments: {
    table: { write: true, indexes: ['population', 'due'] },
    starts: ['segments-backfill'],
    memoryMb: 1_769,
  },
  outbox: {
    publishes: true,
    starts: [
      'metrics-rebuild',
      'archive-rebuild',
      'tiers-rebuild',
      'segments-backfill',
      'segments-cleanup',
      'lists-cleanup',
      'erasure',
      'export',
    ],
  },
  // Whom erasures are under way about, and what names them elsewhere, it finds in the indexes.
  privacy: {
    table: { write: true, indexes: ['population', 'directory'] },
    publishes: true,
    files: 'remove',
    starts: ['erasure-audit'],
  },
  docs: {},
};

/** A transaction needs the permission of each action in it, and nothing of its own. */
export const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
export const WRITE_ACTIONS = [
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:ConditionCheckItem',
];
