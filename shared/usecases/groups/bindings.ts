/** Who uses a segment or a list: it cannot be deleted as long as anyone does. */
import { folded } from '../../domain/consumer/text.ts';
import type { Json, JsonObject } from '../../domain/facts.ts';
import type { Audience } from '../../domain/points/settings.ts';
import { Refusal } from '../../domain/refusal.ts';
import { challengesIn } from '../challenges/challenges.ts';
import { scoringOf } from '../organization/scoring.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

export type Bound = { segmentId: string } | { listId: string };

/**
 * Everything that names it: `reward:mug`, `challenge:steps`, `earning-rule:r1`, `segment:vip`. No older than the
 * settings, which each edit of one of these moves: who deletes under their version deletes nothing that one of these came
 * to use meanwhile.
 */
export const usersOf = async (
  store: Store,
  settings: RecordOf<'settings'> | undefined,
  bound: Bound,
): Promise<string[]> => {
  const uses = ({ audience }: { audience?: Audience | undefined }) =>
    audience !== undefined &&
    ('segmentId' in bound ? audience.segments.includes(bound.segmentId) : audience.lists.includes(bound.listId));
  const [rewards, segments] = await Promise.all([rewardsWith(store, uses), store.segments()]);
  const { rules } = scoringOf(settings).settings['earning-rules'];
  return [
    ...rewards.map(({ rewardId }) => `reward:${rewardId}`),
    ...challengesIn(settings)
      .filter(uses)
      .map(({ challengeId }) => `challenge:${challengeId}`),
    ...rules.filter(uses).map(({ ruleId }) => `earning-rule:${ruleId}`),
    ...segments.filter((segment) => isNamedBy(segment, bound)).map(({ segmentId }) => `segment:${segmentId}`),
  ];
};

/** Throws `Refusal('in_use')`, which names them, where there are any. */
export const refuseWhereUsed = (users: readonly string[]): void => {
  if (users.length === 0) return;
  throw new Refusal('in_use', 'Offers, earning rules or segments use it: take it out of them first.', [], users);
};

const REWARDS_AT_ONCE = 1_000;

const rewardsWith = async (store: Store, isMeant: (reward: RecordOf<'reward'>) => boolean) => {
  const found: RecordOf<'reward'>[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.rewards({ limit: REWARDS_AT_ONCE, cursor });
    found.push(...page.items.filter(isMeant));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
};

/** By the rule that is told, or by the one that is being filled; a segment does not keep itself. */
const isNamedBy = ({ segmentId, live, filling: next }: RecordOf<'segment'>, bound: Bound): boolean => {
  if ('segmentId' in bound && segmentId === bound.segmentId) return false;
  return [live, next].some((unit) => isNamedIn(unit?.rule ?? null, bound));
};

/** Segments are named by their very ids, lists as texts are compared. Conditions on events' attributes name neither. */
const isNamedIn = (rule: Json, bound: Bound): boolean => {
  if (!isObject(rule) || 'event' in rule) return false;
  if ('attribute' in rule) {
    const names = [rule['value']].flat().filter((value) => typeof value === 'string');
    if ('segmentId' in bound) return rule['attribute'] === 'segments' && names.includes(bound.segmentId);
    return rule['attribute'] === 'lists' && names.map(folded).includes(folded(bound.listId));
  }
  return [rule['all'], rule['any'], rule['not']].flat().some((part) => isNamedIn(part ?? null, bound));
};

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
