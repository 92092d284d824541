/** Amazon States Language as far as it runs here, JSONata only. Anything else in a definition is refused by name. */
import jsonata from 'jsonata';

export interface Flow {
  StartAt: string;
  States: Record<string, State>;
}
export interface Machine extends Flow {
  TimeoutSeconds?: number;
}
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}
export interface Ending {
  Next?: string;
  Output?: unknown;
  Assign?: Record<string, unknown>;
}
export interface Catcher extends Ending {
  ErrorEquals: string[];
}
interface Step extends Ending {
  End?: boolean;
}
interface Fallible {
  Retry?: Retrier[];
  Catch?: Catcher[];
  Arguments?: unknown;
}
export type TaskState = Step & Fallible & { Type: 'Task'; Resource: string; TimeoutSeconds?: unknown };
export type PassState = Step & { Type: 'Pass' };
export type ChoiceState = Ending & {
  Type: 'Choice';
  Choices: (Ending & { Condition: unknown })[];
  Default?: string;
};
export type WaitState = Step & { Type: 'Wait'; Seconds?: unknown; Timestamp?: unknown };
export type SucceedState = Ending & { Type: 'Succeed' };
export type FailState = { Type: 'Fail'; Error?: unknown; Cause?: unknown };
export type ParallelState = Step & Fallible & { Type: 'Parallel'; Branches: Flow[] };
export type MapState = Step &
  Fallible & {
    Type: 'Map';
    ItemProcessor: Flow & { ProcessorConfig?: { Mode?: 'INLINE' | 'DISTRIBUTED'; ExecutionType?: string } };
    Items?: unknown;
    ItemSelector?: unknown;
    ItemBatcher?: { MaxItemsPerBatch?: unknown; MaxInputBytesPerBatch?: unknown; BatchInput?: unknown };
    MaxConcurrency?: unknown;
    ToleratedFailureCount?: unknown;
    ToleratedFailurePercentage?: unknown;
  };
export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

const ANY = ['Type', 'Comment', 'QueryLanguage'];
const ENDING = ['Next', 'End', 'Output', 'Assign'];
const FALLIBLE = ['Arguments', 'Retry', 'Catch'];
const MAP = ['Label', 'ItemProcessor', 'Items', 'ItemSelector', 'ItemBatcher', 'MaxConcurrency'];

/** The fields that each type of state may have. */
const FIELDS: Record<string, string[]> = {
  Task: [...ANY, ...ENDING, ...FALLIBLE, 'Resource', 'TimeoutSeconds'],
  Pass: [...ANY, ...ENDING],
  Choice: [...ANY, 'Output', 'Assign', 'Choices', 'Default'],
  Wait: [...ANY, ...ENDING, 'Seconds', 'Timestamp'],
  Succeed: [...ANY, 'Output', 'Assign'],
  Fail: [...ANY, 'Error', 'Cause'],
  Parallel: [...ANY, ...ENDING, ...FALLIBLE, 'Branches'],
  Map: [...ANY, ...ENDING, 'Retry', 'Catch', ...MAP, 'ToleratedFailureCount', 'ToleratedFailurePercentage'],
};
const RETRIER = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];
const CATCHER = ['ErrorEquals', 'Next', 'Output', 'Assign', 'Comment'];
const CHOICE = ['Condition', 'Next', 'Output', 'Assign', 'Comment'];
const PROCESSOR = ['ProcessorConfig', 'StartAt', 'States', 'Comment'];
const BATCHER = ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput'];

const INVOKE = 'arn:aws:states:::lambda:invoke';
export const isInvoke = (resource: string): boolean => resource === INVOKE;
const SEND_MESSAGE = 'arn:aws:states:::sqs:sendMessage';
export const isSendMessage = (resource: string): boolean => resource === SEND_MESSAGE;

/** The definition, every part of it known; throws an error that names what is not. */
export function checkedMachine(name: string, definition: Record<string, unknown>): Machine {
  allow(name, definition, ['StartAt', 'States', 'QueryLanguage', 'Comment', 'TimeoutSeconds', 'Version']);
  if (definition['QueryLanguage'] !== 'JSONata') refuse(name, 'QueryLanguage must be JSONata');
  checkFlow(name, definition);
  return definition as unknown as Machine;
}

function checkFlow(where: string, flow: Record<string, unknown>): void {
  const states = (flow['States'] ?? {}) as Record<string, Record<string, unknown>>;
  if (!Object.hasOwn(states, String(flow['StartAt']))) refuse(where, `StartAt names no state`);
  for (const [name, state] of Object.entries(states)) checkState(`${where}.${name}`, state, states);
}

function checkState(where: string, state: Record<string, unknown>, siblings: Record<string, unknown>): void {
  const type = String(state['Type']);
  const fields = FIELDS[type];
  if (!fields) refuse(where, `a state of type ${type} does not run here`);
  allow(where, state, fields);
  if (![undefined, 'JSONata'].includes(state['QueryLanguage'] as string))
    refuse(where, 'QueryLanguage must be JSONata');
  if (type === 'Task') checkTask(where, state);
  const parts = (field: string) => (state[field] ?? []) as Record<string, unknown>[];
  for (const retrier of parts('Retry')) allow(`${where}.Retry`, retrier, RETRIER);
  for (const catcher of parts('Catch')) allow(`${where}.Catch`, catcher, CATCHER);
  for (const choice of parts('Choices')) allow(`${where}.Choices`, choice, CHOICE);
  for (const [index, branch] of parts('Branches').entries()) checkFlow(`${where}.Branches.${index}`, branch);
  if (type === 'Map') checkMap(where, state);
  for (const target of [state, ...parts('Catch'), ...parts('Choices')].flatMap(nextOf)) {
    if (!Object.hasOwn(siblings, target)) refuse(where, `there is no state ${target} to go to`);
  }
  const { States: _, ItemProcessor: __, Branches: ___, ...own } = state;
  checkExpressions(where, own);
}

function checkTask(where: string, { Resource, Arguments }: Record<string, unknown>): void {
  const resource = String(Resource);
  if (isInvoke(resource) || resource.startsWith('arn:aws:lambda:')) return;
  if (!isSendMessage(resource)) refuse(where, `the resource ${resource} does not run here`);
  allow(`${where}.Arguments`, (Arguments ?? {}) as Record<string, unknown>, ['QueueUrl', 'MessageBody']);
}

function checkMap(where: string, state: Record<string, unknown>): void {
  const processor = (state['ItemProcessor'] ?? {}) as Record<string, unknown>;
  allow(`${where}.ItemProcessor`, processor, PROCESSOR);
  allow(`${where}.ItemBatcher`, (state['ItemBatcher'] ?? {}) as Record<string, unknown>, BATCHER);
  checkFlow(`${where}.ItemProcessor`, processor);
}

const nextOf = (part: Record<string, unknown>): string[] =>
  [part['Next'], part['Default']].filter((target) => typeof target === 'string');

const EXPRESSION = /^\{%(.*)%\}$/s;

/** The JSONata inside `{% … %}`; undefined for literal text. */
export const expressionIn = (text: string): string | undefined => EXPRESSION.exec(text)?.[1];

function checkExpressions(where: string, part: unknown): void {
  if (typeof part === 'object' && part !== null) {
    for (const [field, value] of Object.entries(part)) checkExpressions(`${where}.${field}`, value);
  }
  const source = typeof part === 'string' ? expressionIn(part) : undefined;
  if (source === undefined) return;
  try {
    jsonata(source);
  } catch (error) {
    refuse(where, `the expression does not parse: ${(error as Error).message}`);
  }
}

function allow(where: string, part: Record<string, unknown>, fields: string[]): void {
  for (const field of Object.keys(part)) if (!fields.includes(field)) refuse(where, `${field} does not run here`);
}

function refuse(where: string, what: string): never {
  throw new Error(`state machine ${where}: ${what}`);
}
