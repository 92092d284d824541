/** The schema of an account's balances in responses. */
import * as z from 'zod/mini';

export const balancesShape = () => ({
  available: z.int(),
  score: z.int(),
  spent: z.int(),
  pending: z.int(),
  reserved: z.int(),
  expired: z.int(),
});
