/**
 * What rules go by besides the consumers themselves: settings, and the fitted model of churn. Where one of these changes,
 * no consumer does, and yet answers are others: then everyone is gone over.
 */
import { canonicalJson, sha256 } from '../../../domain/canonical.ts';
import type { JsonObject } from '../../../domain/facts.ts';
import { conditionsIn } from '../../../domain/segments/references.ts';
import { parsedRule } from '../../../domain/segments/rule.ts';
import type { Settings } from '../../../domain/settings.ts';
import { scoringOf } from '../../organization/scoring.ts';
import { tiersUpdatedAtIn } from '../../organization/settings.ts';
import type { RecordOf } from '../../ports/records.ts';

/** By name: a mark of what it was when everyone was gone over. */
export type RuleInputs = Readonly<Record<string, string>>;

interface Known {
  settings: RecordOf<'settings'> | undefined;
  churnModel: RecordOf<'churnModel'> | undefined;
}
interface RuleInput {
  attributes: RegExp;
  says(settings: Settings, known: Known): unknown;
}

/** Percentiles are renewed by themselves, and other settings are followed by each consumer's metrics. */
const INPUTS: Readonly<Record<string, RuleInput>> = {
  tiers: {
    attributes: /^tier\./,
    says: ({ tiers, modules }, { settings }) => [tiers.tiers, modules.tiers, tiersUpdatedAtIn(settings)],
  },
  completeness: {
    attributes: /^profileCompleteness\./,
    says: ({ profile }) => profile.completenessFields,
  },
  churn: {
    attributes: /^accountHealth\.churnRisk\./,
    says: (_, { churnModel }) => churnModel?.version ?? 0,
  },
};

/** Those that these rules go by, as they are now. */
export const ruleInputsOf = (rules: readonly (JsonObject | null | undefined)[], known: Known): RuleInputs => {
  const conditions = rules.flatMap((rule) => (rule ? conditionsIn(parsedRule(rule)) : []));
  const names = new Set(conditions.flatMap((one) => ('attribute' in one ? [one.attribute] : [])));
  const { settings } = scoringOf(known.settings);
  const looked = Object.entries(INPUTS).filter(([, { attributes }]) =>
    [...names].some((name) => attributes.test(name)),
  );
  return Object.fromEntries(looked.map(([name, { says }]) => [name, markOf(says(settings, known))]));
};

const MARK_LENGTH = 16;
const markOf = (said: unknown): string => sha256(canonicalJson(said)).slice(0, MARK_LENGTH);

/** Whether all of these are what they were. */
export const areSameInputs = (inputs: RuleInputs, before: RuleInputs = {}): boolean =>
  Object.entries(inputs).every(([name, mark]) => before[name] === mark);
