/** After an erasure, what the stack keeps beside the items of the table must not keep the erased either. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { DataDirectory } from '../base/data-directory.ts';
import type { Redaction } from '../base/redaction.ts';
import type { Dynamo } from '../dynamodb/dynamodb.ts';
import { passedIn } from '../streams/positions.ts';
import { scrub } from './scrubbing.ts';

export interface Forgetting {
  /** Notes an erasure: from now on there is something to forget, also after a restart. */
  heard(event: { detailType: string }): void;
  /** Makes parts known, as soon as there are any. */
  attach(parts: Partial<Parts>): void;
  /**
   * Forgets, where that is due, while DynamoDB Local rests. To be called when all has settled: where nothing was under way
   * any more that erases, it is not due again.
   */
  now(): Promise<void>;
  /** Forgets, where that is due, in the files of a stack that has not started yet, or has ended. */
  atRest(): void;
}
interface Parts {
  dynamo: Pick<Dynamo, 'rest'>;
  /** Consumers of the table's stream; until they are known, those that the last run had. */
  mappingIds: string[];
  /** The ids of all who were ever erased. */
  erased: () => string[];
  /** Parts with files of their own, from which they remove these ids and everything that is no longer needed. */
  files: { forget(erased: string[]): void }[];
  /** Whether no workflow is under way. */
  isOver: () => boolean;
}

export interface ForgettingSettings {
  data: Pick<DataDirectory, 'file'>;
  redaction: Redaction;
  log: (line: string) => void;
}

export function createForgetting({ data, redaction, log }: ForgettingSettings): Forgetting {
  const marker = data.file('forgetting-due');
  const tables = data.file('dynamodb');
  // In memory, nothing is left of what is deleted.
  if (marker === null || tables === null) return forgetful;
  const parts: Partial<Parts> = {};
  const isDue = () => existsSync(marker);
  const isOver = () => parts.isOver?.() ?? false;
  const scrubbed = () => {
    const startedMs = performance.now();
    const erased = parts.erased?.() ?? [];
    for (const file of parts.files ?? []) file.forget(erased);
    const left = scrub(tables, passedIn(data.file('streams.json'), parts.mappingIds));
    log(`forgetting: took ${Math.round(performance.now() - startedMs)} ms`);
    return left;
  };
  const forget = async () => {
    if (!isDue()) return;
    const isLast = isOver();
    await parts.dynamo?.rest(async () => void scrubbed());
    if (isLast) rmSync(marker, { force: true });
  };
  let last: Promise<void> = Promise.resolve();
  return {
    heard: (event) => {
      if (redaction.isErasure(event)) writeFileSync(marker, '');
    },
    attach: (more) => void Object.assign(parts, more),
    now: () => {
      last = last.catch(() => {}).then(forget);
      return last;
    },
    atRest: () => {
      if (!isDue()) return;
      const { behind } = scrubbed();
      if (!behind && isOver()) rmSync(marker, { force: true });
    },
  };
}

const forgetful: Forgetting = { heard: () => {}, attach: () => {}, now: async () => {}, atRest: () => {} };
