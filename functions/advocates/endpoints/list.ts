import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listAdvocates } from '../../../shared/usecases/advocates/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { advocatesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) => endpoint(advocatesRoutes.list, deps, () => listAdvocates(deps.store), ok);
