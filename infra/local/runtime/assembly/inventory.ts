/** The resources of an assembly that the local stack builds something of: resolved, checked, found by type or by ARN. */
import { identityOf } from './identities.ts';
import { isUnderstood, NOTHING_TO_DO, type Properties, type UnderstoodType, understood } from './resources.ts';
import type { Resolve, Stack } from './template.ts';

/** A resource of an understood type, its properties resolved and checked. */
export interface Understood<Type extends UnderstoodType> {
  logicalId: string;
  ref: string;
  arn: string;
  stack: Stack;
  properties: Properties<Type>;
}

/** All supported resources, by type and by the values that refer to them. */
export interface Inventory {
  of<Type extends UnderstoodType>(type: Type): Understood<Type>[];
  /** The logical id behind an ARN; an error naming `what` where it is not of one of `types`. */
  behind(arn: string, types: UnderstoodType[], what: string): string;
}

/** Takes stock of all stacks; refuses, by name, what the local stack does not know. */
export function takeInventory(stacks: Stack[], resolve: Resolve): Inventory {
  const found = new Map<string, { type: UnderstoodType; resource: Understood<UnderstoodType> }>();
  for (const stack of stacks) {
    for (const [logicalId, { Type: type, Properties, Condition }] of Object.entries(stack.template.Resources)) {
      if (Condition !== undefined && resolve(stack, { Condition }) !== true) continue;
      if (NOTHING_TO_DO.has(type)) continue;
      if (!isUnderstood(type)) throw new Error(`the local stack does not know ${type} (${logicalId} in ${stack.name})`);
      if (found.has(logicalId)) throw new Error(`two stacks have a resource ${logicalId}`);
      const resolved = (value: unknown) => resolve(stack, value);
      const properties = checkedProperties(type, logicalId, Properties ?? {}, resolved);
      const { ref, attributes } = hasIdentity(type)
        ? identityOf({ Type: type, Properties }, logicalId, resolved)
        : { ref: logicalId, attributes: {} as Record<string, string> };
      const arn = attributes['Arn'] ?? ref;
      found.set(logicalId, { type, resource: { logicalId, ref, arn, stack, properties } });
    }
  }
  const all = [...found.values()];
  return {
    of: <Type extends UnderstoodType>(type: Type) =>
      all.filter((entry) => entry.type === type).map((entry) => entry.resource as Understood<Type>),
    behind: (arn, types, what) => {
      const entry = all.find(({ type, resource }) => types.includes(type) && resource.arn === arn);
      if (!entry) throw new Error(`${what}: the local stack cannot reach ${arn}`);
      return entry.resource.logicalId;
    },
  };
}

/** No template refers to schedules, rules, routes and mappings. */
const hasIdentity = (type: UnderstoodType): boolean => !/Route$|Stage$|Schedule$|Rule$|EventSourceMapping$/.test(type);

function checkedProperties<Type extends UnderstoodType>(
  type: Type,
  logicalId: string,
  declared: Record<string, unknown>,
  resolve: (value: unknown) => unknown,
): Properties<Type> {
  const { harmless, schema } = understood[type];
  const honoured = Object.entries(declared).filter(([name]) => !harmless.includes(name));
  const result = schema.safeParse(resolve(Object.fromEntries(honoured)));
  if (result.success) return result.data as Properties<Type>;
  const [issue] = result.error.issues;
  const place = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? [issue.keys.join(', ')] : [])];
  throw new Error(`the local stack does not know ${place.join('.')} of ${type} ${logicalId}: ${issue?.message}`);
}

/** There is one of these in a deployment. */
export function only<T>(items: T[], what: string): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`the local stack runs one ${what}, not ${items.length}`);
  return item;
}
