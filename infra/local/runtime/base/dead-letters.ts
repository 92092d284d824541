/** Dead letter queues: what failed for good, kept so that people can see it. One file of JSON lines a queue. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { appendLine, readLines } from './files.ts';

export interface DeadLetter {
  queue: string;
  at: string;
  /** The message that AWS would have sent to the queue. */
  body: unknown;
  /** Message attributes, as EventBridge sends them. */
  attributes?: Record<string, string>;
}
export interface DeadLetters {
  /** Keeps a letter of the queue with this ARN. */
  send(queueArn: string, body: unknown, attributes?: Record<string, string>): void;
  /** All letters, the oldest first. */
  list(): DeadLetter[];
}

/** Without a directory the letters last as long as the stack. */
export function createDeadLetters({ directory, clock }: { directory: string | null; clock: Clock }): DeadLetters {
  const letters = directory === null ? [] : kept(directory);
  return {
    send: (queueArn, body, attributes) => {
      const queue = queueArn.split(':').at(-1) ?? queueArn;
      const letter: DeadLetter = { queue, at: clock.now(), body, ...(attributes && { attributes }) };
      if (directory !== null) appendLine(join(directory, `${queue}.jsonl`), letter);
      letters.push(letter);
    },
    list: () => [...letters],
  };
}

function kept(directory: string): DeadLetter[] {
  const names = filesOf(directory).filter((name) => name.endsWith('.jsonl'));
  const letters = names.flatMap((name) => readLines(join(directory, name)) as DeadLetter[]);
  return letters.sort((a, b) => a.at.localeCompare(b.at));
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
