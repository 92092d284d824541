import { streamConsumer } from '../../shared/edge/stream.ts';
import { countLiability } from '../../shared/usecases/count-liability.ts';
import { countPopulation } from '../../shared/usecases/count-population.ts';
import type { Deps, Images } from '../../shared/usecases/ports.ts';

export const makeHandler = (deps: Deps & Images) =>
  streamConsumer('keep-summaries', deps, async (changes) => {
    await countLiability(deps, changes);
    return countPopulation(deps, changes);
  });
