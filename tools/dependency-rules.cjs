/** Which file may import which. Run over the compiled modules, whose imports are what really happens. */
const adapter = '/adapters/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'packages-by-their-index',
      comment: 'A package is reached by what it exports.',
      severity: 'error',
      from: { path: '^(packages|services|standalone|loadtest)/([^/]+)/' },
      to: {
        path: '^(packages|services)/[^/]+/dist/',
        pathNot: [
          '^$1/$2/',
          '^(packages|services)/[^/]+/dist/(index|node|testing|contract|generated/[a-z]+|[a-z-]+\\.contract)\\.js$',
        ],
      },
    },
    {
      name: 'services-apart',
      comment: 'Services know each other by contracts alone.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-below-services',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/testnet/' },
      to: { path: '^(services|standalone|loadtest)/' },
    },
    {
      name: 'adapters-from-service',
      comment: 'One file of a service names its adapters.',
      severity: 'error',
      from: { path: '^services/', pathNot: [adapter, '/(service|index)\\.js$', '\\.test\\.js$'] },
      to: { path: `^services/[^/]+/dist${adapter}` },
    },
    {
      name: 'nest-at-the-edge',
      comment: 'NestJS stays off the path of a message.',
      severity: 'error',
      from: { path: '^services/', pathNot: ['/http/', '/service\\.js$'] },
      to: { path: '@nestjs/' },
    },
    {
      name: 'browser-safe',
      comment: 'wire and client run in browsers.',
      severity: 'error',
      from: { path: '^packages/(wire|client)/dist/', pathNot: ['/node\\.js$', '\\.test\\.js$'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-sequencer',
      comment: 'What decides does no I/O.',
      severity: 'error',
      from: { path: '^services/messages/dist/(sequencer|conversation|id-window)\\.js$' },
      to: { path: '(^packages/(log|runtime)/|/adapters/|/(projector|delivery|loader)\\.js$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    includeOnly: {
      path: [
        '^(packages|services|standalone|loadtest)/[^/]+/dist/',
        '^standalone/dist/',
        '^loadtest/dist/',
        '@nestjs/',
        '^node:',
        '^(fs|path|os|crypto|net|http|worker_threads|sqlite)$',
      ],
    },
    exclude: { path: '\\.d\\.ts$|\\.map$' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
