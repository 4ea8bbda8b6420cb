/**
 * Which module may import which. Checked on what was compiled (`depcruise packages services standalone loadtest`), since the compiler has
 * no interface that the checker could read TypeScript with. So what is imported for its type alone is not seen here: it costs nothing at
 * run time, and the compiler refuses it where a package does not export it, knip where the package is no dependency.
 */
const { readdirSync, readFileSync } = require('node:fs');
const { builtinModules } = require('node:module');

const inTests = '(\\.test|\\.contract)\\.js$';
const builtin = `^(node:)?(${builtinModules.map((name) => name.replace(/^node:/, '')).join('|')})$`;

/** The modules that the packages in `folder` declare as their entry points. */
function exportsOf(folder) {
  return readdirSync(folder).flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8'));
    return Object.values(exports).map((entry) => `^${folder}/${name}/${entry.default.replace('./', '')}$`);
  });
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'What is imported is there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'packages-by-their-exports',
      comment: 'A package is reached by its index, or another entry point that it declares.',
      severity: 'error',
      from: { path: '^((packages|services)/[^/]+|standalone|loadtest)/' },
      to: { path: '^(packages|services)/', pathNot: ['^$1/', ...exportsOf('packages'), ...exportsOf('services')] },
    },
    {
      name: 'services-apart',
      comment:
        'Services know each other by contracts alone; standalone puts them together, the simulator has gateways, and the command line looks after all.',
      severity: 'error',
      from: { pathNot: ['^standalone/', '^packages/cli/', '^services/messages/dist/sim/'], path: '^([^/]+/[^/]+)/' },
      to: { path: '^services/', pathNot: '^$1/' },
    },
    {
      name: 'packages-below-services',
      comment: 'Only the test network stands above the services.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/testnet/' },
      to: { path: '^(standalone|loadtest)/' },
    },
    {
      name: 'testnet-in-tests',
      severity: 'error',
      from: { pathNot: ['^packages/testnet/', inTests] },
      to: { path: '^packages/testnet/' },
    },
    {
      name: 'adapters-from-service',
      comment: 'What wires a service names its adapters; the index may pass them on to whoever wires it from outside.',
      severity: 'error',
      from: {
        path: '^services/',
        pathNot: ['/adapters/', '^services/[^/]+/dist/(bench/)?(service|main|index)\\.js$', inTests],
      },
      to: { path: '^services/[^/]+/dist/adapters/' },
    },
    {
      name: 'nest-at-the-edge',
      comment: 'NestJS is for the shell of the process and for HTTP, and stays off the path of a message.',
      severity: 'error',
      from: {
        pathNot: [
          '^services/[^/]+/dist/(main|service)\\.js$',
          '^services/[^/]+/dist/.*\\.(module|controller)\\.js$',
          '^services/[^/]+/dist/http/',
          '^node_modules/',
        ],
      },
      to: { path: '(^|/)@nestjs/' },
    },
    {
      name: 'browser-safe',
      comment: 'wire and client run in browsers; what Node alone has is reached by @clatter/client/node.',
      severity: 'error',
      from: { path: '^packages/(wire|client)/dist/', pathNot: ['^packages/client/dist/node(\\.|-)', inTests] },
      to: { path: builtin },
    },
    {
      name: 'pure-decisions',
      comment: 'What decides does no I/O, tells no time and logs nothing: neither itself nor by what it imports.',
      severity: 'error',
      from: { path: '^services/messages/dist/(sequencer|conversation|id-window)\\.js$' },
      to: { path: `${builtin}|^packages/(log|runtime)/|/adapters/`, reachable: true },
    },
    {
      name: 'simulator-apart',
      comment: 'What is shipped does not know that it is simulated.',
      severity: 'error',
      from: { pathNot: ['/sim/', inTests] },
      to: { path: '^(packages|services)/[^/]+/dist/sim/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages/[^/]+|services/[^/]+|standalone|loadtest)/(src|test|data)/|\\.d\\.ts$|\\.map$' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
