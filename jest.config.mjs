const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
  // A deadline for hangs, not a measure of speed: CI has two busy cores.
  testTimeout: 60_000,
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
};

/** Everything that needs no container engine; files that need one end in `.docker.test.ts`. */
export default {
  ...base,
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.docker\\.test\\.ts$'],
};

export { base };
