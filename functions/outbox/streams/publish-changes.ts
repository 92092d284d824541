import { streamConsumer } from '../../../shared/edge/stream.ts';
import type { PublishDeps } from '../../../shared/usecases/outbox/publish.ts';
import { publishChanges } from '../../../shared/usecases/outbox/publish.ts';
import type { Images } from '../../../shared/usecases/ports/store.ts';

export const makeHandler = (deps: PublishDeps & Images) =>
  streamConsumer('publish-changes', deps, (changes) => publishChanges(deps, changes));
