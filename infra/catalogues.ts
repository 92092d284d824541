/** The catalogues as infrastructure reads them: the capabilities, and the handler file of each row. */
import type { Job, Jobs, Routes, StreamConsumers, Workflow, Workflows } from '../shared/edge/catalogue.ts';

/** Each catalogue is grouped by capability. */
export interface Catalogues {
  api: Record<string, Routes>;
  jobs: Record<string, Jobs>;
  streams: Record<string, StreamConsumers>;
  workflows: Record<string, Workflows>;
}

/** A row of a catalogue with its key and its capability. */
export interface Entry<T> {
  capability: string;
  name: string;
  row: T;
}

/** All rows of a catalogue as one list, in the catalogue's order. */
export const entriesOf = <T>(catalogue: Readonly<Record<string, Readonly<Record<string, T>>>>): Entry<T>[] =>
  Object.entries(catalogue).flatMap(([capability, rows]) =>
    Object.entries(rows).map(([name, row]) => ({ capability, name, row })),
  );

/** A row of any catalogue with the name that `capability()` dispatches by and its handler file. */
export interface Row {
  kind: 'route' | 'job' | 'stream' | 'step';
  capability: string;
  /** Route key (`POST /v1/consumers`), job name, stream consumer's name, or step (`fold-slice`). */
  name: string;
  /** Path from `functions/`, such as `consumers/endpoints/create.ts`; exports `makeHandler`. */
  file: string;
}

const STEP = /^step:([a-z-]+)\/([a-z-]+)$/;

/** The handler of `levelUp` is `level-up.ts`. */
export const kebabCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Capability and step that a task's `Resource` names; undefined for any other resource. */
export const stepOf = (resource: unknown): { capability: string; step: string } | undefined => {
  const [, capability, step] = STEP.exec(String(resource)) ?? [];
  return capability && step ? { capability, step } : undefined;
};

/** The name of a workflow's dead letter queue in its definition. */
export const DEAD_LETTERS = 'queue:dead-letters';

/** Whether the definition sends messages to a dead letter queue. */
export const sendsDeadLetters = ({ definition }: Workflow): boolean =>
  JSON.stringify(definition).includes(JSON.stringify(DEAD_LETTERS));

/** Every row of every catalogue, in a fixed order. Throws if two rows have the same name, or if two workflows have. */
export const rowsOf = (catalogues: Catalogues): Row[] => {
  const rows = [
    ...routeRows(catalogues.api),
    ...namedRows('job', catalogues.jobs),
    ...namedRows('stream', catalogues.streams),
    ...stepRows(catalogues),
  ];
  const workflows = entriesOf(catalogues.workflows).map((entry) => ({ ...entry, kind: 'workflow' as const }));
  const seen = new Set<string>();
  for (const row of [...rows, ...workflows]) {
    const identity = IDENTITY[row.kind](row);
    if (seen.has(identity)) throw new Error(`the catalogues name ${row.kind} ${row.name} of ${row.capability} twice`);
    seen.add(identity);
  }
  return rows;
};

/** The name that must be unique. A capability has at most one consumer of the stream. */
const IDENTITY: Record<Row['kind'] | 'workflow', (row: Pick<Row, 'capability' | 'name'>) => string> = {
  route: ({ name }) => name,
  job: ({ name }) => `job ${name}`,
  stream: ({ capability }) => `stream of ${capability}`,
  step: ({ capability, name }) => `step ${capability}/${name}`,
  workflow: ({ name }) => `workflow ${name}`,
};

/** Capabilities that have any row, in alphabetical order: each becomes one Lambda. */
export const capabilitiesOf = (catalogues: Catalogues): string[] =>
  [...new Set(rowsOf(catalogues).map((row) => row.capability))].sort();

const routeRows = (api: Catalogues['api']): Row[] =>
  entriesOf(api).map(({ capability, name, row }) => ({
    kind: 'route',
    capability,
    name: `${row.method} ${row.path}`,
    file: fileOf('route', capability, name),
  }));

const namedRows = (kind: 'job' | 'stream', catalogue: Catalogues['jobs' | 'streams']): Row[] =>
  entriesOf<unknown>(catalogue).map(({ capability, name }) => ({
    kind,
    capability,
    name,
    file: fileOf(kind, capability, name),
  }));

/** Several workflows may share a step; each step is listed once. */
const stepRows = ({ workflows }: Catalogues): Row[] => {
  const steps = entriesOf(workflows).flatMap(({ row }) => [...resourcesIn(row.definition)].map(stepOf));
  const rows = steps.flatMap((found): [string, Row][] => {
    if (!found) return [];
    const file = fileOf('step', found.capability, found.step);
    return [[file, { kind: 'step', capability: found.capability, name: found.step, file }]];
  });
  return [...new Map(rows).values()];
};

/** The folder of a capability for each kind of handler. */
const FOLDERS = { route: 'endpoints', job: 'jobs', step: 'steps', stream: 'streams' } as const satisfies Record<
  Row['kind'],
  string
>;

const fileOf = (kind: Row['kind'], capability: string, key: string): string =>
  `${capability}/${FOLDERS[kind]}/${kebabCase(key)}.ts`;

function* resourcesIn(definition: unknown): Generator<unknown> {
  if (typeof definition !== 'object' || definition === null) return;
  for (const [key, value] of Object.entries(definition)) {
    if (key === 'Resource') yield value;
    else yield* resourcesIn(value);
  }
}

/** Just below API Gateway's limit of 30 seconds. Hundreds of concurrent writers to one consumer succeed one by one within it. */
const ROUTE_TIMEOUT_SECONDS = 29;
const JOB_TIMEOUT_SECONDS = 60;
const STREAM_TIMEOUT_SECONDS = 60;
/** Lambda's maximum. A step returns before it and reports whether there is more to do. */
const STEP_TIMEOUT_SECONDS = 900;

/** The timeout of a capability's Lambda: the longest of its rows. */
export const timeoutSecondsOf = (catalogues: Catalogues, capability: string): number =>
  Math.max(
    ...rowsOf(catalogues)
      .filter((row) => row.capability === capability)
      .map(({ kind, name }) => TIMEOUT_SECONDS[kind](catalogues.jobs[capability]?.[name])),
  );

const TIMEOUT_SECONDS: Record<Row['kind'], (job: Job | undefined) => number> = {
  route: () => ROUTE_TIMEOUT_SECONDS,
  job: (job) => job?.timeoutSeconds ?? JOB_TIMEOUT_SECONDS,
  stream: () => STREAM_TIMEOUT_SECONDS,
  step: () => STEP_TIMEOUT_SECONDS,
};
