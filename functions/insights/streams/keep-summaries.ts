import { streamConsumer } from '../../../shared/edge/stream.ts';
import { followAdvocates } from '../../../shared/usecases/advocates/update.ts';
import { countMembers } from '../../../shared/usecases/groups/count-members.ts';
import { renameMembers } from '../../../shared/usecases/groups/rename-members.ts';
import { countPopulation } from '../../../shared/usecases/insights/population.ts';
import { countLiability } from '../../../shared/usecases/points/liability.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import type { Images } from '../../../shared/usecases/ports/store.ts';
import { followChanges } from '../../../shared/usecases/segments/refresh/follow-changes.ts';

export const makeHandler = (deps: Deps & Images) =>
  streamConsumer('keep-summaries', deps, async (changes) => {
    await followChanges(deps, changes);
    await countLiability(deps, changes);
    await followAdvocates(deps, changes);
    await countMembers(deps, changes);
    await countPopulation(deps, changes);
    return renameMembers(deps, changes);
  });
