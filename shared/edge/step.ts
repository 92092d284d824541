/** The frame of every workflow step: it parses its input, and throws if it fails so that the workflow retries it. */
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
