import { defineConfig } from 'vitest/config';

/**
 * Tests run on what was compiled: what is tested is what ships, and worker threads and decorators need no second toolchain. Net and
 * browser tests start whole platforms: one file at a time.
 */
const slow = ['**/dist/**/*.net.test.js'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/dist/**/*.test.js'],
          exclude: ['**/node_modules/**', 'mobile/**', ...slow],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'net',
          include: slow,
          exclude: ['**/node_modules/**', 'mobile/**'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
