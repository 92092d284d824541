/** Segments that are named in the rules of others: which, in which order they are looked at, and whether in a circle. */
import { SEGMENTS } from './attributes.ts';
import type { AttributeCondition, Condition, Rule } from './rule.ts';

/** All conditions of a rule, however deep. */
export function conditionsIn(rule: Rule): Condition[] {
  if ('all' in rule) return rule.all.flatMap(conditionsIn);
  if ('any' in rule) return rule.any.flatMap(conditionsIn);
  return 'not' in rule ? conditionsIn(rule.not) : [rule];
}

/** The ids of the segments that a rule names. */
export const segmentsIn = (rule: Rule): Set<string> =>
  new Set(conditionsIn(rule).flatMap((condition) => ('attribute' in condition ? segmentsNamed(condition) : [])));

const segmentsNamed = ({ attribute, value }: AttributeCondition): string[] =>
  attribute === SEGMENTS ? [value].flat().filter((id) => typeof id === 'string') : [];

/** Segments that depend on themselves, each naming the next and the last one the first; null where none does. */
export function cycleIn(rules: ReadonlyMap<string, Rule>): string[] | null {
  let circle: string[] | null = null;
  walk([...rules.keys()], namesIn(rules), (path) => {
    circle ??= path;
  });
  return circle;
}

/** Each segment after all that it names; those in a circle in some order. */
export const evaluationOrder = (rules: ReadonlyMap<string, Rule>): string[] =>
  walk([...rules.keys()], namesIn(rules), () => {});

const namesIn =
  (rules: ReadonlyMap<string, Rule>) =>
  (id: string): string[] => {
    const rule = rules.get(id);
    return rule === undefined ? [] : [...segmentsIn(rule)].filter((name) => rules.has(name));
  };

/**
 * Every node after those that it leads to. Tells of each circle that it meets. Without recursion: a thousand segments may
 * each name the next.
 */
export function walk<N>(nodes: readonly N[], next: (node: N) => readonly N[], onCircle: (path: N[]) => void): N[] {
  const order: N[] = [];
  const begun = new Set<N>();
  const done = new Set<N>();
  for (const start of nodes) {
    const path: { node: N; ahead: N[] }[] = begun.has(start) ? [] : [{ node: start, ahead: [...next(start)] }];
    begun.add(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const ahead = top.ahead.shift();
      if (ahead === undefined) {
        done.add(top.node);
        order.push(top.node);
        path.pop();
      } else if (!begun.has(ahead)) {
        begun.add(ahead);
        path.push({ node: ahead, ahead: [...next(ahead)] });
      } else if (!done.has(ahead)) {
        onCircle(path.slice(path.findIndex(({ node }) => node === ahead)).map(({ node }) => node));
      }
    }
  }
  return order;
}
