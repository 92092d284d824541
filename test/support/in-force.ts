/** Settings and challenges as staff left them, put straight into the store. */
import type { JsonObject } from '../../shared/domain/facts.ts';
import type { Challenge } from '../../shared/domain/points/challenges.ts';
import type { EarningRule } from '../../shared/domain/points/settings.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { NOW } from './events.ts';

/** From now on these documents are in force, beside those that were. */
export const inForce = async (store: Store, documents: Record<string, object>): Promise<void> => {
  const [before] = await store.get([{ kind: 'settings' }], true);
  const version = (before?.version ?? 0) + 1;
  const written = Object.entries(documents).map(([name, value]) => [
    name,
    { version, updatedAt: NOW, updatedBy: 'staff', value: value as JsonObject },
  ]);
  const put = {
    kind: 'settings',
    version,
    documents: { ...before?.documents, ...Object.fromEntries(written) },
  } as const;
  await store.commit([{ put, expect: 'anything' }]);
};

/** Earning rules, named in their order unless they say otherwise. */
export const rules = (...given: Partial<EarningRule>[]) => ({
  rules: given.map((rule, n) => ({ ruleId: `rule${n + 1}`, event: 'order_placed', ...rule })),
});

/** Challenges that a single review completes, unless they say otherwise. */
export const challenges = (...given: Partial<Challenge>[]) => ({
  challenges: given.map((challenge, n) => ({
    challengeId: `challenge${n + 1}`,
    name: 'Challenge',
    kind: 'custom',
    goal: { event: 'review_written', where: [], measure: 'count', target: 1 },
    points: 10,
    audience: { segments: [], lists: [] },
    activeFrom: null,
    activeUntil: null,
    repeatable: false,
    ...{ version: 1, createdAt: NOW, updatedAt: NOW },
    ...challenge,
  })),
});
