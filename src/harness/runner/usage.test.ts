import { expect, test } from '@jest/globals';
import { usageOf } from './usage.ts';

const busy = { wallMs: 10_000, busyMs: 10_000, aloneMs: 0, tailMs: 0 };
const stages = { opened: 1, most: 1, openingMs: 0 };
const longest = { scenario: 'S-CONC-01', index: 0, durationMs: 4_000 };

test.each([
  { of: 'more work than workers', works: 5, finished: 5, what: 'work' },
  { of: 'a worker for each piece of work', works: 2, finished: 7, what: 'no-more-work' },
  { of: 'one iteration', works: 1, finished: 1, what: 'one-iteration' },
  { of: 'one iteration, begun late', works: 1, finished: 1, times: { tailMs: 6_000 }, what: 'one-iteration' },
  { of: 'one iteration whose stage took long', works: 1, finished: 1, openingMs: 3_000, what: 'opening-stages' },
  { of: 'one piece of work, several iterations', works: 1, finished: 3, what: 'no-more-work' },
  { of: 'workers that waited at the end', works: 3, finished: 3, times: { tailMs: 6_000 }, what: 'longest-iteration' },
  { of: 'no iteration', works: 0, finished: 0, what: 'nothing' },
  { of: 'no iteration, after a wait', works: 2, finished: 0, times: { tailMs: 6_000 }, what: 'nothing' },
] as const)('$of: a run is bound by $what', ({ works, finished, what, ...given }) => {
  const { times = {}, openingMs = 0 } = given as { times?: Partial<typeof busy>; openingMs?: number };
  const done = { works, finished, longest: finished === 0 ? null : longest };
  expect(usageOf(2, { ...busy, ...times }, { ...stages, openingMs }, done).boundBy.what).toBe(what);
});
