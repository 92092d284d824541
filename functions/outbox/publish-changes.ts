import { streamConsumer } from '../../shared/edge/stream.ts';
import type { Images } from '../../shared/usecases/ports/store.ts';
import type { PublishDeps } from '../../shared/usecases/publish-changes.ts';
import { publishChanges } from '../../shared/usecases/publish-changes.ts';

export const makeHandler = (deps: PublishDeps & Images) =>
  streamConsumer('publish-changes', deps, (changes) => publishChanges(deps, changes));
