import { defineConfig } from 'vitest/config';

/**
 * Server tests run on what was compiled: what is tested is what ships, and worker threads and decorators need no second toolchain. The
 * app, which Metro compiles, is tested from its sources. Tests that start whole platforms or browsers run one file at a time, last.
 */
const platform = [
  '{packages,services}/*/dist/**/*.{net,browser}.test.js',
  '{standalone,loadtest}/dist/**/*.{net,browser}.test.js',
];
/** On the real servers, which they share: one file at a time. */
const stack = ['{packages,services}/*/dist/**/*.stack.test.js', '{standalone,loadtest}/dist/**/*.stack.test.js'];
const outside = ['**/node_modules/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Only tests that take longer are printed by their names.
    slowTestThreshold: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/dist/**/*.test.js', 'mobile/src/**/*.test.{ts,tsx}'],
          exclude: [...outside, 'mobile/dist/**', ...platform, ...stack],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'platform',
          include: [...platform, 'mobile/e2e/**/*.test.ts'],
          exclude: outside,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'stack',
          include: stack,
          exclude: outside,
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
