/** What every workflow step has in common: its input is parsed, and it throws where it fails, so that it is retried. */
import type * as z from 'zod/mini';
import { parsed } from './input.ts';
import { anonymous, logError } from './log.ts';

export const step =
  <S extends z.ZodMiniType, T>(name: string, input: S, run: (input: z.output<S>) => Promise<T>) =>
  async (sent: unknown): Promise<T> => {
    try {
      return await run(parsed(input, sent));
    } catch (error) {
      logError('step failed', error, { step: name });
      throw anonymous(error);
    }
  };
