/** The rule of a segment: conditions, nested freely in groups. */
import type { Span } from '../conditions/dates.ts';
import type { Operand, Operator } from '../conditions/operators.ts';
import type { WhereCondition } from '../conditions/where.ts';
import { type InputError, type InputErrorCode, Refusal } from '../refusal.ts';
import { conditionIn, refuseOthers } from './rule-conditions.ts';
import type { Tallied } from './tally.ts';

export type Rule = { all: Rule[] } | { any: Rule[] } | { not: Rule } | Condition;
export type Condition = AttributeCondition | EventCondition;
/** About an attribute of the registry. */
export interface AttributeCondition {
  attribute: string;
  operator: Operator;
  value?: Operand;
  /** Without it a missing value meets every negative operator. */
  missing?: 'exclude';
}
/** About the count of events, or the sum of a number in them: a number that is never missing. */
export interface EventCondition {
  event: string;
  where?: WhereCondition[];
  measure: 'count' | { sum: string };
  operator: Operator;
  value: number | number[];
  /** The last so many days or hours; all time where it is absent. */
  within?: Span;
}

/** What an event condition has counted, apart from what that is compared with. */
export const talliedIn = ({ event, where, measure, within }: EventCondition): Tallied => ({
  event,
  where: where ?? [],
  measure,
  within: within ?? null,
});

export const MOST_LEVELS = 64;
export const MOST_CONDITIONS = 1_000;
/** Nobody reads more. */
const MOST_ERRORS = 50;

/** What is wrong at a path. */
export type Fault = (path: string, code: InputErrorCode, message: string) => void;

/** The rule in an input. Refuses `invalid_request`, with the path and the code of each fault. */
export function parsedRule(value: unknown, path = 'rule'): Rule {
  const parsing = new Parsing();
  const rule = parsing.ruleIn(value, path, 0);
  const { errors } = parsing;
  if (rule !== null && errors.length === 0) return rule;
  const [first] = errors;
  const summary =
    errors.length === 1 && first
      ? `${first.path}: ${first.message}`
      : `${errors.length} parts of the rule are not valid.`;
  throw new Refusal('invalid_request', summary, errors);
}

const GROUPS = ['all', 'any', 'not'] as const;
type Group = (typeof GROUPS)[number];
const SORTS = [...GROUPS, 'attribute', 'event'] as const;

/** Goes no deeper than levels are allowed, and no further than conditions are, however large the input is. */
class Parsing {
  readonly errors: InputError[] = [];
  #conditions = 0;
  readonly #fault: Fault = (path, code, message) => {
    if (this.errors.length < MOST_ERRORS) this.errors.push({ path, code, message });
  };

  /** Null where something is wrong with it. */
  ruleIn(value: unknown, path: string, level: number): Rule | null {
    if (!isObject(value)) {
      return this.#refuse(path, value === undefined ? 'required' : 'wrong_type', 'A rule is an object.');
    }
    const sorts = SORTS.filter((sort) => Object.hasOwn(value, sort) && value[sort] !== undefined);
    const [sort] = sorts;
    if (sort === undefined || sorts.length > 1) {
      const message = `Exactly one of: ${SORTS.join(', ')}.`;
      return this.#refuse(path, sort === undefined ? 'required' : 'invalid_value', message);
    }
    return isGroup(sort) ? this.#groupIn(sort, value, path, level + 1) : this.#conditionIn(sort, value, path);
  }

  #groupIn(group: Group, value: Record<string, unknown>, path: string, level: number): Rule | null {
    const at = `${path}.${group}`;
    refuseOthers(value, [group], (at, code, message) => this.#fault(`${path}.${at}`, code, message));
    if (level > MOST_LEVELS) return this.#refuse(at, 'too_big', `At most ${MOST_LEVELS} levels of groups.`);
    if (group === 'not') {
      const inner = this.ruleIn(value[group], at, level);
      return inner && { not: inner };
    }
    const rules = this.#rulesIn(value[group], at, level);
    if (rules === null) return null;
    return group === 'all' ? { all: rules } : { any: rules };
  }

  #rulesIn(value: unknown, path: string, level: number): Rule[] | null {
    if (!Array.isArray(value)) return this.#refuse(path, 'wrong_type', 'A list of rules.');
    if (value.length === 0) return this.#refuse(path, 'too_short', 'A group has at least one rule in it.');
    // Each of them has at least one condition.
    if (this.#conditions + value.length > MOST_CONDITIONS) return this.#refuseMany(path);
    const rules: Rule[] = [];
    for (const [index, member] of value.entries()) {
      if (this.#isOver()) return null;
      const rule = this.ruleIn(member, `${path}.${index}`, level);
      if (rule !== null) rules.push(rule);
    }
    return rules.length === value.length ? rules : null;
  }

  #conditionIn(sort: 'attribute' | 'event', value: Record<string, unknown>, path: string): Condition | null {
    this.#conditions += 1;
    if (this.#conditions > MOST_CONDITIONS) return this.#refuseMany(path);
    const before = this.errors.length;
    const condition = conditionIn(sort, value, (at, code, message) => this.#fault(`${path}.${at}`, code, message));
    return this.errors.length === before ? condition : null;
  }

  /** Nothing more would be told. */
  #isOver(): boolean {
    return this.errors.length >= MOST_ERRORS || this.#conditions > MOST_CONDITIONS;
  }

  #refuseMany(path: string): null {
    this.#conditions = MOST_CONDITIONS + 1;
    return this.#refuse(path, 'too_long', `At most ${MOST_CONDITIONS} conditions.`);
  }

  #refuse(path: string, code: InputErrorCode, message: string): null {
    this.#fault(path, code, message);
    return null;
  }
}

const isGroup = (sort: string): sort is Group => GROUPS.some((group) => group === sort);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
