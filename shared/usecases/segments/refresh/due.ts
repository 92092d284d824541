/** Segments that time alone has changed: only those who are due are looked at. */
import type { Instant } from '../../../domain/facts.ts';
import { type WorkedThrough, workThroughDue } from '../../common/work-through-due.ts';
import type { Deps } from '../../ports/deps.ts';
import { readCompiledSegments } from '../flips/compiled.ts';
import { RefreshRound } from './round.ts';

export const refreshDue = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  run: { now: Instant; most: number },
): Promise<WorkedThrough> => {
  const round = new RefreshRound(deps, await readCompiledSegments(deps.store));
  const asked = { now: run.now, cause: 'time' } as const;
  const worked = await workThroughDue(deps, 'memberships', run, async (consumerId) => {
    const flips = await round.look(consumerId, asked);
    return flips.length > 0;
  });
  await round.end();
  return worked;
};
