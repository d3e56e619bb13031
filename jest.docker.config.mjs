import { base } from './jest.config.mjs';

/** The tests that need a container engine, one at a time: they share its address pools and its two cores. */
export default {
  ...base,
  testMatch: ['<rootDir>/src/**/*.docker.test.ts', '<rootDir>/test/**/*.docker.test.ts'],
  maxWorkers: 1,
  testTimeout: 300_000,
};
