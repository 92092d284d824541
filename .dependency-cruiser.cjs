/** The layers and their allowed imports. A layer may import only its own files and what its row lists. */

const TYPES = 'node_modules/@types/aws-lambda';
const CATALOGUES = '^functions/(api|jobs|streams|workflows)\\.ts$';

/** `may` lists the imports allowed in addition to the layer's own files. */
const LAYERS = [
  {
    name: 'domain',
    files: '^shared/domain/',
    may: ['node_modules/(zod|libphonenumber-js|fflate)/', '^(node:)?crypto$'],
  },
  { name: 'usecases', files: '^shared/usecases/', may: ['^shared/domain/', '^(node:)?(crypto|util)$'] },
  {
    name: 'data',
    files: '^shared/data/',
    may: [
      '^shared/domain/',
      '^shared/usecases/ports/',
      'node_modules/(@aws-sdk|@smithy)/',
      '^(node:)?(crypto|util|timers/promises)$',
    ],
  },
  {
    name: 'edge',
    files: '^shared/edge/',
    may: ['^shared/domain/', '^shared/usecases/ports/', 'node_modules/(@middy|zod)/', TYPES, '^(node:)?crypto$'],
  },
  {
    name: 'catalogues',
    files: CATALOGUES,
    may: ['^shared/edge/catalogue\\.ts$', '^functions/[a-z-]+/(routes|jobs|streams|workflows)\\.ts$'],
  },
  {
    name: 'composition root',
    files: '^functions/(live|[a-z-]+/live)\\.ts$',
    may: ['^shared/', 'node_modules/(@aws-sdk|@photostructure)/', '^(node:)?(crypto|timers/promises)$'],
  },
  {
    name: 'infra',
    files: '^infra/(?!local/)',
    may: [
      CATALOGUES,
      '^shared/data/table-schema\\.ts$',
      '^shared/edge/(env|catalogue)\\.ts$',
      'node_modules/(aws-cdk-lib|constructs|cdk-nag|esbuild)/',
      '^(node:)?(fs|module|os|path|zlib)$',
    ],
  },
];

/** The rooms of the local runtime, floor by floor. A room imports the rooms on the floors below its own. */
const RUNTIME_FLOORS = [
  ['base'],
  ['assembly'],
  ['http', 'lambda', 'dynamodb', 's3', 'events', 'scheduler'],
  ['streams', 'states'],
  ['erasure'],
  ['stack'],
];

const roomRules = RUNTIME_FLOORS.flatMap((rooms, floor) => {
  const below = RUNTIME_FLOORS.slice(0, floor).flat();
  return rooms.map((room) => ({
    name: `the runtime's ${room} imports only rooms below it`,
    severity: 'error',
    from: { path: `^infra/local/runtime/${room}/` },
    to: { path: '^infra/local/runtime/', pathNot: `^infra/local/runtime/(${[room, ...below].join('|')})/` },
  }));
});

/** The rooms of the use cases, floor by floor. A room imports the rooms on the floors below its own. */
const USE_CASE_FLOORS = [
  ['ports'],
  ['common'],
  ['organization'],
  ['challenges', 'consent', 'insights', 'outbox'],
  ['advocates', 'groups', 'points'],
  ['events', 'lists', 'rewards', 'segments/flips', 'tiers'],
  ['consumers', 'segments/refresh'],
  ['privacy', 'segments/backfill'],
  ['exports', 'segments/edit'],
];

const useCaseRules = USE_CASE_FLOORS.flatMap((rooms, floor) => {
  const below = USE_CASE_FLOORS.slice(0, floor).flat();
  return rooms.map((room) => ({
    name: `the use cases of ${room} import only rooms below them`,
    severity: 'error',
    from: { path: `^shared/usecases/${room}/` },
    to: { path: '^shared/usecases/', pathNot: `^shared/usecases/(${[room, ...below].join('|')})/` },
  }));
});

const layerRule = ({ name, files, may }) => ({
  name: `${name} imports only what its layer may`,
  severity: 'error',
  from: { path: files },
  to: { pathNot: [files, ...may] },
});

module.exports = {
  forbidden: [
    ...LAYERS.map(layerRule),
    {
      name: 'a capability imports edge, use cases, domain, and its own files',
      severity: 'error',
      from: { path: '^functions/([a-z-]+)/', pathNot: '/live\\.ts$' },
      to: {
        pathNot: [
          '^functions/$1/',
          '^functions/live\\.ts$',
          CATALOGUES,
          '^package\\.json$',
          '^shared/(edge|usecases|domain)/',
          'node_modules/(zod|libphonenumber-js|@photostructure)/',
          TYPES,
          '^(node:)?crypto$',
        ],
      },
    },
    {
      name: 'the local stack reads the assembly only',
      severity: 'error',
      from: { path: '^infra/local/' },
      to: { path: ['^functions/', '^shared/(data|usecases)/', '^infra/(?!local/)'] },
    },
    {
      name: 'the local runtime knows nothing of the product',
      severity: 'error',
      from: { path: '^infra/local/runtime/' },
      to: { path: '^(functions|infra|shared|test)/|^package\\.json$', pathNot: '^infra/local/runtime/' },
    },
    ...roomRules,
    ...useCaseRules,
    {
      name: 'every use case is in a room of the table',
      severity: 'error',
      from: {},
      to: { path: '^shared/usecases/', pathNot: `^shared/usecases/(${USE_CASE_FLOORS.flat().join('|')})/` },
    },
    {
      name: 'no circular imports except of types, and between states and state machines',
      severity: 'error',
      from: { pathNot: '^infra/local/runtime/states/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'every import resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'deployed code needs no development dependency',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: TYPES },
    },
  ],
  options: {
    // The swc parser reads type imports too and needs no TypeScript API.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types', 'default'],
    },
  },
};
