import type { Routes } from '../../shared/edge/catalogue.ts';

export const settingsRoutes = {} as const satisfies Routes;
