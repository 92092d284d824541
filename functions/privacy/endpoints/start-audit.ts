import { endpoint } from '../../../shared/edge/endpoint.ts';
import type { Workflows } from '../../../shared/usecases/ports/bus.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { privacyRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps & { workflows: Workflows }) =>
  endpoint(
    privacyRoutes.startAudit,
    deps,
    async ({ now, keyHash }) => {
      // With an idempotency key, a retry does not start another audit.
      const auditId = keyHash ?? deps.newId(now);
      await deps.workflows.start('erasure-audit', `audit-${auditId}`, { now });
      return { auditId };
    },
    (body) => ({ status: 202, body }),
  );
