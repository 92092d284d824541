import * as z from 'zod/mini';
import { step } from '../../../shared/edge/step.ts';
import { releaseListId, takeMembersOff } from '../../../shared/usecases/lists/clean-up.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

/** Eight at once, they are done long before a function's time is up. */
const MEMBERS_A_STEP = 10_000;

const input = z.object({ listId: z.string(), isLast: z.boolean() });

/** Done when no members are left. The last step releases the list's id. */
export const makeHandler = (deps: Deps) =>
  step('clean-up', input, async ({ listId, isLast }) => {
    const taken = await takeMembersOff(deps, listId, MEMBERS_A_STEP);
    if (isLast && taken === 0) await releaseListId(deps, listId);
    return { listId, done: taken === 0 };
  });
