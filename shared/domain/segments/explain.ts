/** Why a consumer is in a segment or out of it: the rule again, each part with what came of it. */
import type { AttributeValue, Instant } from '../facts.ts';
import { instantOf } from '../instants.ts';
import { attributeNamed } from './attributes.ts';
import { compiled, evaluate } from './evaluator.ts';
import type { Picture, RuleContext } from './picture.ts';
import { Reading } from './reading.ts';
import { conditionsIn } from './references.ts';
import { type Condition, type Rule, talliedIn } from './rule.ts';
import { tallyKeyOf, tallyValueAt } from './tally.ts';

/** What a condition looked at: a date as an instant; of events their count or sum; null where it is missing. */
export type Actual = AttributeValue | readonly string[] | null;

export type ExplainedNode =
  | { kind: 'all' | 'any' | 'not'; matches: boolean; children: ExplainedNode[] }
  | { kind: 'condition'; matches: boolean; condition: Condition; actual: Actual };
export interface Explained {
  matches: boolean;
  tree: ExplainedNode;
}

/** `memberships` are the ids of the segments that the consumer is in at that instant. */
export function explained(
  rule: Rule,
  picture: Picture,
  context: RuleContext,
  now: Instant,
  memberships: ReadonlySet<string>,
): Explained {
  const seen: Picture = { ...picture, imported: [...memberships] };
  const conditions = conditionsIn(rule);
  const evaluator = compiled(
    conditions.map((condition, index) => ({ ...NAMELESS, versionId: `${index}`, rule: condition })),
  );
  const { members } = evaluate(evaluator, seen, context, now);
  const holds = new Map(conditions.map((condition, index) => [condition, members.has(index)]));
  const reading = new Reading(seen, context, now);
  const tree = nodeOf(rule, (condition) => ({
    kind: 'condition',
    matches: holds.get(condition) ?? false,
    condition,
    actual: actualOf(condition, reading),
  }));
  return { matches: tree.matches, tree };
}

/** Nobody names what is only explained. */
const NAMELESS = { segmentId: '', isLive: false };

function nodeOf(rule: Rule, ofCondition: (condition: Condition) => ExplainedNode): ExplainedNode {
  if ('all' in rule) {
    const children = rule.all.map((each) => nodeOf(each, ofCondition));
    return { kind: 'all', matches: children.every(({ matches }) => matches), children };
  }
  if ('any' in rule) {
    const children = rule.any.map((each) => nodeOf(each, ofCondition));
    return { kind: 'any', matches: children.some(({ matches }) => matches), children };
  }
  if (!('not' in rule)) return ofCondition(rule);
  const child = nodeOf(rule.not, ofCondition);
  return { kind: 'not', matches: !child.matches, children: [child] };
}

function actualOf(condition: Condition, reading: Reading): Actual {
  if ('event' in condition) {
    const tallied = talliedIn(condition);
    return tallyValueAt(reading.tally(tallyKeyOf(tallied)), tallied, reading.nowMs);
  }
  const named = attributeNamed(condition.attribute);
  if (named === null) return null;
  const { attribute, key } = named;
  const value = attribute.value(reading, key);
  if (value === '' || (Array.isArray(value) && value.length === 0)) return null;
  return attribute.kind === 'date' && typeof value === 'number' ? instantOf(value) : value;
}
