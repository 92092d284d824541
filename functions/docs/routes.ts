import type { Routes } from '../../shared/edge/catalogue.ts';

export const docsRoutes = {} as const satisfies Routes;
