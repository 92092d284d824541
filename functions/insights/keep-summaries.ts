import { streamConsumer } from '../../shared/edge/stream.ts';
import { countLiability } from '../../shared/usecases/count-liability.ts';
import { countMembers } from '../../shared/usecases/count-members.ts';
import { countPopulation } from '../../shared/usecases/count-population.ts';
import { followChanges } from '../../shared/usecases/follow-changes.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { Images } from '../../shared/usecases/ports/store.ts';
import { renameMembers } from '../../shared/usecases/rename-members.ts';
import { followAdvocates } from '../../shared/usecases/update-advocates.ts';

export const makeHandler = (deps: Deps & Images) =>
  streamConsumer('keep-summaries', deps, async (changes) => {
    await followChanges(deps, changes);
    await countLiability(deps, changes);
    await followAdvocates(deps, changes);
    await countMembers(deps, changes);
    await countPopulation(deps, changes);
    return renameMembers(deps, changes);
  });
