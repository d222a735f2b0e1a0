import { defineConfig } from 'vitest/config';

// Forks, not threads: the add-on's own worker tests need a process whose main thread is Node's.
// eslint-disable-next-line no-restricted-syntax -- vitest reads a default export
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
