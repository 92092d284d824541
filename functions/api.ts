/** The HTTP API, by capability. Infrastructure and the OpenAPI document are generated from it. */
import type { Routes } from '../shared/edge/catalogue.ts';
import { advocatesRoutes } from './advocates/routes.ts';
import { challengesRoutes } from './challenges/routes.ts';
import { consentRoutes } from './consent/routes.ts';
import { consumersRoutes } from './consumers/routes.ts';
import { docsRoutes } from './docs/routes.ts';
import { eventsRoutes } from './events/routes.ts';
import { exportsRoutes } from './exports/routes.ts';
import { listsRoutes } from './lists/routes.ts';
import { pointsRoutes } from './points/routes.ts';
import { privacyRoutes } from './privacy/routes.ts';
import { rewardsRoutes } from './rewards/routes.ts';
import { segmentsRoutes } from './segments/routes.ts';
import { settingsRoutes } from './settings/routes.ts';
import { tiersRoutes } from './tiers/routes.ts';

export const api = {
  consumers: consumersRoutes,
  events: eventsRoutes,
  points: pointsRoutes,
  tiers: tiersRoutes,
  rewards: rewardsRoutes,
  challenges: challengesRoutes,
  lists: listsRoutes,
  segments: segmentsRoutes,
  advocates: advocatesRoutes,
  consent: consentRoutes,
  privacy: privacyRoutes,
  exports: exportsRoutes,
  settings: settingsRoutes,
  docs: docsRoutes,
} as const satisfies Record<string, Routes>;
