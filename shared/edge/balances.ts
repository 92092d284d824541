/** The balances of an account, as answers show them. */
import * as z from 'zod/mini';

export const balancesShape = () => ({
  available: z.int(),
  score: z.int(),
  spent: z.int(),
  pending: z.int(),
  reserved: z.int(),
  expired: z.int(),
});
