import { expect, test } from '@jest/globals';
import { processFacts } from './process-facts.ts';

test('an opened descriptor counts until it is closed, and asking costs none', () => {
  const before = processFacts.openDescriptors();
  expect(processFacts.openDescriptors()).toBe(before);
  const [first, second] = [processFacts.openDescriptor(), processFacts.openDescriptor()];
  expect(processFacts.openDescriptors()).toBe(before + 2);
  first.close();
  second.close();
  expect(processFacts.openDescriptors()).toBe(before);
  expect(processFacts.residentBytes()).toBeGreaterThan(1_000_000);
});
