/** The catalogues as infrastructure reads them: which capabilities there are, and the file behind each row. */
import type { Job, Routes, StreamConsumer, Workflow } from '../shared/edge/catalogue.ts';

export interface Catalogues {
  api: Record<string, Routes>;
  jobs: Record<string, Job>;
  streams: Record<string, StreamConsumer>;
  workflows: Record<string, Workflow>;
}

/** One row of any catalogue, with what names it to `capability()` and the file that handles it. */
export interface Row {
  kind: 'route' | 'job' | 'stream' | 'step';
  capability: string;
  /** Route key (`POST /v1/consumers`), job name, stream consumer's name, or step (`fold-slice`). */
  name: string;
  /** Path from `functions/`, such as `consumers/endpoints/create.ts`; exports `makeHandler`. */
  file: string;
}

const STEP = /^step:([a-z-]+)\/([a-z-]+)$/;

/** `levelUp` is handled by `level-up.ts`. */
export const kebabCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Capability and file that a task's `Resource` names; undefined where it is no step of ours. */
export const stepOf = (resource: unknown): { capability: string; step: string } | undefined => {
  const [, capability, step] = STEP.exec(String(resource)) ?? [];
  return capability && step ? { capability, step } : undefined;
};

/** What a definition calls its workflow's dead letter queue. */
export const DEAD_LETTERS = 'queue:dead-letters';

/** Whether the workflow leaves dead letters anywhere. */
export const leavesDeadLetters = ({ definition }: Workflow): boolean =>
  JSON.stringify(definition).includes(JSON.stringify(DEAD_LETTERS));

/** Every row of every catalogue, in a fixed order. Throws where two rows name the same thing. */
export const rowsOf = (catalogues: Catalogues): Row[] => {
  const rows = [
    ...routeRows(catalogues.api),
    ...jobRows(catalogues),
    ...streamRows(catalogues),
    ...stepRows(catalogues),
  ];
  const seen = new Set<string>();
  for (const { kind, capability, name } of rows) {
    const identity = kind === 'route' ? name : `${kind} ${capability} ${kind === 'stream' ? '' : name}`;
    if (seen.has(identity)) throw new Error(`the catalogues name ${kind} ${name} of ${capability} twice`);
    seen.add(identity);
  }
  return rows;
};

/** Capabilities that have anything to do, in alphabetical order: each becomes one Lambda. */
export const capabilitiesOf = (catalogues: Catalogues): string[] =>
  [...new Set(rowsOf(catalogues).map((row) => row.capability))].sort();

const routeRows = (api: Catalogues['api']): Row[] =>
  Object.entries(api).flatMap(([capability, routes]) =>
    Object.entries(routes).map(([key, route]) => ({
      kind: 'route' as const,
      capability,
      name: `${route.method} ${route.path}`,
      file: fileOf('route', capability, key),
    })),
  );

const jobRows = ({ jobs }: Catalogues): Row[] =>
  Object.entries(jobs).map(([name, { capability }]) => ({
    kind: 'job',
    capability,
    name,
    file: fileOf('job', capability, name),
  }));

const streamRows = ({ streams }: Catalogues): Row[] =>
  Object.entries(streams).map(([name, { capability }]) => ({
    kind: 'stream',
    capability,
    name,
    file: fileOf('stream', capability, name),
  }));

/** Steps may serve several workflows, so each is listed once. */
const stepRows = ({ workflows }: Catalogues): Row[] => {
  const steps = Object.values(workflows).flatMap(({ definition }) => [...resourcesIn(definition)].map(stepOf));
  const rows = steps.flatMap((found): [string, Row][] => {
    if (!found) return [];
    const file = fileOf('step', found.capability, found.step);
    return [[file, { kind: 'step', capability: found.capability, name: found.step, file }]];
  });
  return [...new Map(rows).values()];
};

/** The folder of a capability that holds the handlers of a kind. */
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

/** API Gateway waits 30 seconds: time enough for hundreds who write to one consumer to get through one by one. */
const ROUTE_TIMEOUT_SECONDS = 29;
const JOB_TIMEOUT_SECONDS = 60;
const STREAM_TIMEOUT_SECONDS = 60;
/** A step leaves off in time and says that there is more, so that it can take as long as a function may. */
const STEP_TIMEOUT_SECONDS = 900;

/** How long a capability's Lambda may run: as long as the slowest of its rows. */
export const timeoutSecondsOf = (catalogues: Catalogues, capability: string): number =>
  Math.max(
    ...rowsOf(catalogues)
      .filter((row) => row.capability === capability)
      .map(({ kind, name }) => TIMEOUT_SECONDS[kind](catalogues, name)),
  );

const TIMEOUT_SECONDS: Record<Row['kind'], (catalogues: Catalogues, name: string) => number> = {
  route: () => ROUTE_TIMEOUT_SECONDS,
  job: ({ jobs }, name) => jobs[name]?.timeoutSeconds ?? JOB_TIMEOUT_SECONDS,
  stream: () => STREAM_TIMEOUT_SECONDS,
  step: () => STEP_TIMEOUT_SECONDS,
};
