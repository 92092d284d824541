/** Rules made into formulas over shared states, and these into one circuit. */
import { canonicalJson } from '../canonical.ts';
import { Channels } from './channels.ts';
import { type Circuit, CircuitBuilder, type Wire } from './circuit.ts';
import { formulaOf } from './condition-formulas.ts';
import { both, constant, either, type Formula, negated } from './formula.ts';
import { segmentsIn, walk } from './references.ts';
import type { Condition, Rule } from './rule.ts';

/** One rule of a segment. While it is edited a segment has two, and one of them is live: what others that name it see. */
export interface RuleToCompile {
  versionId: string;
  segmentId: string;
  rule: Rule;
  /** By default it is. Of several live ones of a segment, any counts. */
  isLive?: boolean;
}
export interface CompiledVersion {
  /** Its place among the units that were given. */
  index: number;
  formula: Formula;
  /** Where the circuit says whether the rule holds. */
  wire: Wire;
  /** The slots that being in this segment sets. */
  tells: readonly number[];
}

export function compiledUnits(units: readonly RuleToCompile[]): {
  channels: Channels;
  ordered: CompiledVersion[];
  circuit: Circuit;
} {
  const channels = new Channels();
  const formulas = formulasOf(units, channels);
  channels.close();
  const builder = new CircuitBuilder(formulas);
  const ordered = inOrder(units).map((index): CompiledVersion => {
    const formula = formulas[index] ?? constant(false);
    const wire = builder.wireOf(formula);
    const { segmentId, isLive = true } = units[index] ?? { segmentId: '' };
    const tells = isLive ? channels.slotsOfSegment(segmentId) : [];
    for (const slot of tells) builder.tell(slot, wire);
    return { index, formula, wire, tells };
  });
  return { channels, ordered, circuit: builder.built() };
}

function formulasOf(units: readonly RuleToCompile[], channels: Channels): Formula[] {
  const known = new Map<string, Formula>();
  const ofCondition = (condition: Condition): Formula => {
    const key = canonicalJson(condition);
    const formula = known.get(key) ?? formulaOf(condition, channels);
    known.set(key, formula);
    return formula;
  };
  const ofRule = (rule: Rule): Formula => {
    if ('all' in rule) return both(...rule.all.map(ofRule));
    if ('any' in rule) return either(...rule.any.map(ofRule));
    return 'not' in rule ? negated(ofRule(rule.not)) : ofCondition(rule);
  };
  return units.map(({ rule }) => ofRule(rule));
}

/** Each after the live ones of all segments that it names. In a circle, who comes first sees the others empty. */
function inOrder(units: readonly RuleToCompile[]): number[] {
  const live = new Map<string, number[]>();
  for (const [index, { segmentId, isLive = true }] of units.entries()) {
    if (isLive) live.set(segmentId, [...(live.get(segmentId) ?? []), index]);
  }
  const named = (index: number): number[] => {
    const unit = units[index];
    return unit === undefined ? [] : [...segmentsIn(unit.rule)].flatMap((id) => live.get(id) ?? []);
  };
  return walk([...units.keys()], named, () => {});
}
