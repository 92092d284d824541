/** The permissions of each capability: one row each, limited to what its code uses. */
import type { IndexName } from '../shared/data/table-schema.ts';

export interface Permissions {
  table?: { write?: boolean; indexes?: IndexName[] };
  /** Publishes events on the bus. */
  publishes?: boolean;
  /** Workflows that it may start. */
  starts?: string[];
  /** Access to export files. `remove`: list and delete; `write`: also write and sign links. */
  files?: 'remove' | 'write';
  /** Memory, and with it the share of a processor. Default: 512. */
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
  // Default memory is enough: only one part of a file is in memory at a time.
  exports: { table: { write: true }, files: 'write' },
  // A whole processor: a dry run of a tier ladder evaluates every consumer while the caller waits.
  settings: { table: { write: true, indexes: ['population'] }, memoryMb: 1_769 },
  insights: { table: { write: true, indexes: ['population', 'due'] }, memoryMb: 1_024 },
  // A whole processor: a preview evaluates every consumer while the caller waits.
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
  // The indexes lead to the consumers under erasure and to items elsewhere that contain their ids.
  privacy: {
    table: { write: true, indexes: ['population', 'directory'] },
    publishes: true,
    files: 'remove',
    starts: ['erasure-audit'],
  },
  docs: {},
};

/** A transaction needs the permissions of its actions and none of its own. */
export const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
export const WRITE_ACTIONS = [
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:ConditionCheckItem',
];
