import { streamConsumer } from '../../shared/edge/stream.ts';
import { countPopulation } from '../../shared/usecases/count-population.ts';
import type { Deps, Images } from '../../shared/usecases/ports.ts';

export const makeHandler = (deps: Deps & Images) =>
  streamConsumer('count-population', deps, (changes) => countPopulation(deps, changes));
