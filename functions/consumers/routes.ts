import type { Routes } from '../../shared/edge/catalogue.ts';

export const consumersRoutes = {} as const satisfies Routes;
