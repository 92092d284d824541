import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { restoreReceipts } from '../../../shared/usecases/privacy/re-erase.ts';
import { privacyRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    privacyRoutes.restoreReceipts,
    deps,
    ({ body, now }) => restoreReceipts(deps, { receipts: body.receipts, now }),
    ok,
  );
