import type { Routes } from '../../shared/edge/catalogue.ts';

export const eventsRoutes = {} as const satisfies Routes;
