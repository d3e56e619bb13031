import { z } from 'zod';
import type { Fault } from './fault.ts';

const parameters = z.strictObject({});

/**
 * A fault of the evidence, not of the system: once all is collected, the checks are shown copies of it that differ in
 * one place each. What is done to the copies is in `checkers/mutations.ts`.
 */
export const mutatedCopies: Fault<z.output<typeof parameters>> = {
  kind: 'mutated-copies',
  about: 'The system is left alone; the checks are shown copies of the collected state that differ in one place each.',
  parameters,
  abilities: [],
  linksOf: () => [],
  inject: async () => ({ heal: async () => {} }),
};
