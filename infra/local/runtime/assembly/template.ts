/**
 * CloudFormation's functions, resolved over all stacks of an assembly as a deployment into one account would.
 * What it does not know is an error that names it, never a guess.
 */
import { ACCOUNT_ID, identityOf, REGION, type Resource } from './identities.ts';

export interface Template {
  Resources: Record<string, Resource>;
  Parameters?: Record<string, { Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
}

export interface Stack {
  name: string;
  template: Template;
  /** Folder of each file asset, by its hash. */
  assets: Map<string, string>;
}

export type Resolve = (stack: Stack, value: unknown) => unknown;

const PSEUDO: Record<string, (stack: Stack) => unknown> = {
  'AWS::Region': () => REGION,
  'AWS::AccountId': () => ACCOUNT_ID,
  'AWS::Partition': () => 'aws',
  'AWS::URLSuffix': () => 'amazonaws.com',
  'AWS::StackName': (stack) => stack.name,
  'AWS::StackId': (stack) => `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${stack.name}/local`,
  'AWS::NoValue': () => undefined,
  'AWS::NotificationARNs': () => [],
};

/** A resolver for values of any of these stacks; references between stacks find their way through it. */
export function createResolver(stacks: Stack[]): Resolve {
  const resolve: Resolve = (stack, value) => {
    if (Array.isArray(value)) return value.map((item) => resolve(stack, item)).filter((item) => item !== undefined);
    if (!isRecord(value)) return value;
    const [name, argument] = Object.entries(value)[0] ?? [];
    const isFunction = name !== undefined && Object.keys(value).length === 1 && /^(Ref|Condition|Fn::.+)$/.test(name);
    if (isFunction && !(name === 'Condition' && typeof argument !== 'string')) {
      const resolved = FUNCTIONS[name];
      if (!resolved) throw new Error(`${stack.name}: the local stack does not know the function ${name}`);
      return resolved({ stack, stacks, resolve: (inner) => resolve(stack, inner), resolveIn: resolve }, argument);
    }
    const entries = Object.entries(value).map(([key, item]) => [key, resolve(stack, item)] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };
  return resolve;
}

interface Scope {
  stack: Stack;
  stacks: Stack[];
  resolve: (value: unknown) => unknown;
  resolveIn: Resolve;
}

type CloudFormationFunction = (scope: Scope, argument: unknown) => unknown;

const FUNCTIONS: Record<string, CloudFormationFunction> = {
  Ref: (scope, argument) => reference(scope, String(argument)),
  Condition: (scope, argument) => condition(scope, argument),
  'Fn::GetAtt': (scope, argument) => {
    const [logicalId, ...path] = typeof argument === 'string' ? argument.split('.') : list(argument).map(String);
    return attribute(scope, logicalId ?? '', path.join('.'));
  },
  'Fn::Join': (scope, argument) => {
    const [separator, items] = list(argument);
    return list(scope.resolve(items)).map(String).join(String(separator));
  },
  'Fn::Sub': (scope, argument) => substituted(scope, argument),
  'Fn::Select': (scope, argument) => {
    const [index, items] = list(scope.resolve(argument));
    return list(items)[Number(index)];
  },
  'Fn::Split': (scope, argument) => {
    const [separator, text] = list(scope.resolve(argument));
    return String(text).split(String(separator));
  },
  'Fn::Base64': (scope, argument) => Buffer.from(String(scope.resolve(argument))).toString('base64'),
  'Fn::If': (scope, argument) => {
    const [name, then, otherwise] = list(argument);
    return scope.resolve(condition(scope, name) ? then : otherwise);
  },
  'Fn::Equals': (scope, argument) => {
    const [left, right] = list(scope.resolve(argument));
    return String(left) === String(right);
  },
  'Fn::And': (scope, argument) => list(argument).every((item) => scope.resolve(item) === true),
  'Fn::Or': (scope, argument) => list(argument).some((item) => scope.resolve(item) === true),
  'Fn::Not': (scope, argument) => scope.resolve(list(argument)[0]) !== true,
  'Fn::FindInMap': (scope, argument) => {
    const [map, top, second] = list(scope.resolve(argument)).map(String);
    const found = scope.stack.template.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? ''];
    if (found === undefined) throw new Error(`${scope.stack.name}: no mapping ${map}.${top}.${second}`);
    return scope.resolve(found);
  },
  'Fn::ImportValue': (scope, argument) => imported(scope, String(scope.resolve(argument))),
  'Fn::GetStackOutput': (scope, argument) => {
    const wanted = scope.resolve(argument);
    if (!isRecord(wanted)) throw new Error(`${scope.stack.name}: Fn::GetStackOutput of ${JSON.stringify(wanted)}`);
    const stack = scope.stacks.find(({ name }) => name === wanted['StackName']);
    const output = stack?.template.Outputs?.[String(wanted['OutputName'])];
    if (!stack || !output) throw new Error(`no output ${wanted['OutputName']} of stack ${wanted['StackName']}`);
    return scope.resolveIn(stack, output.Value);
  },
};

function reference(scope: Scope, name: string): unknown {
  const { stack } = scope;
  const pseudo = PSEUDO[name];
  if (pseudo) return pseudo(stack);
  const resource = stack.template.Resources[name];
  if (resource) return identityOf(resource, name, scope.resolve).ref;
  const parameter = stack.template.Parameters?.[name];
  if (parameter?.Default !== undefined) return parameter.Default;
  throw new Error(`${stack.name}: ${parameter ? `parameter ${name} has no default` : `nothing is called ${name}`}`);
}

function attribute(scope: Scope, logicalId: string, name: string): unknown {
  const resource = scope.stack.template.Resources[logicalId];
  if (!resource) throw new Error(`${scope.stack.name}: no resource ${logicalId} for its attribute ${name}`);
  const value = identityOf(resource, logicalId, scope.resolve).attributes[name];
  if (value === undefined) throw new Error(`the local stack does not know ${name} of ${resource.Type} ${logicalId}`);
  return value;
}

function condition(scope: Scope, name: unknown): boolean {
  const body = scope.stack.template.Conditions?.[String(name)];
  if (body === undefined) throw new Error(`${scope.stack.name}: no condition ${name}`);
  return scope.resolve(body) === true;
}

function substituted(scope: Scope, argument: unknown): string {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const known = isRecord(variables) ? variables : {};
  return String(text).replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (name in known) return String(scope.resolve(known[name]));
    const [logicalId, ...path] = name.split('.');
    return String(path.length > 0 ? attribute(scope, logicalId ?? '', path.join('.')) : reference(scope, name));
  });
}

function imported(scope: Scope, exportName: string): unknown {
  for (const stack of scope.stacks) {
    for (const output of Object.values(stack.template.Outputs ?? {})) {
      if (output.Export && scope.resolveIn(stack, output.Export.Name) === exportName)
        return scope.resolveIn(stack, output.Value);
    }
  }
  throw new Error(`${scope.stack.name}: nothing exports ${exportName}`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`a list was expected, not ${JSON.stringify(value)}`);
  return value;
}
