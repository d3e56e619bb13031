import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { loadCatalogue } from '../scenario/catalogue.ts';
import { parseScenario } from '../scenario/load-scenario.ts';
import { described } from './commands/show.ts';
import { parametersText } from './parameters-text.ts';
import { scenarioFolder } from './project.ts';

const file = `# yaml-language-server: $schema=../scenario.schema.json
# Two nodes, one of them slow,
# as in a train.
id: S-CONC-01
name: simultaneous-push
why: A scenario that is told here.
topology: pair
iterations: 7
load:
  # All at once.
  - push: { from: [node-a, node-b], count: 1000, bytes: 16KiB, every: { from: 0ms, to: 60ms } }
proof: [packets-dropped: { min: 1 }, process-struck]
variants:
  # In turn, because each takes long.
  rotate:
    # A tunnel.
    dark:
      faults:
        # Nothing passes.
        - kind: loss
          link: node-a
          share: 0.9
          when: { elapsed: 5s }
          for: 300s
      reactions:
        - caught-up-together: { withinMs: 57000 }
    light: {}
planted: [{ defect: some-defect, caught-by: no-data-loss }]
`;

describe('a scenario in words', () => {
  const lines = described(parseScenario('x.yml', file)).split('\n');

  test('has the comments of its file above what they speak of', () => {
    expect(lines.slice(0, 4)).toEqual([
      'S-CONC-01 simultaneous-push',
      '  A scenario that is told here.',
      '  # Two nodes, one of them slow, as in a train.',
      '  topology pair, profile chaos, 7 iterations',
    ]);
    const above = (comment: string) => lines[lines.findIndex((line) => line.endsWith(`# ${comment}`)) + 1];
    expect(above('All at once.')).toMatch(/^ {6}push /);
    expect(above('Nothing passes.')).toMatch(/^ {6}loss /);
    expect(above('In turn, because each takes long. A tunnel.')).toBe('    fault:');
    expect(lines.filter((line) => line.includes('# In turn'))).toHaveLength(2);
  });

  test('has its parameters as the file says them, with times and sizes in people’s units', () => {
    const begins = (text: string) => expect(lines.some((line) => line.trim().startsWith(text)));
    begins('push { from: [node-a, node-b], count: 1000, bytes: 16 KiB, every: { from: 0 ms, to: 60 ms } }: ').toBe(
      true,
    );
    begins('loss { link: node-a, share: 0.9 } when elapsed 5 s (').toBe(true);
    begins('caught-up-together { within: 57 s }: ').toBe(true);
    begins('process-struck: ').toBe(true);
    expect(lines.find((line) => line.includes('loss {'))).toMatch(/\) for 5 min: /);
  });

  test.each(loadCatalogue(scenarioFolder).scenarios.map((scenario) => [scenario.id, scenario] as const))(
    '%s tells every comment of its file',
    (_id, scenario) => {
      const text = readFileSync(scenario.file, 'utf8');
      const told = described(scenario);
      const comments = [...text.matchAll(/^ *# (.*)$/gm)].map(([, words]) => words!);
      const untold = comments.filter((words) => !words.startsWith('yaml-language-server') && !told.includes(words));
      expect(untold).toEqual([]);
    },
  );
});

describe('parameters in words', () => {
  test.each([
    [undefined, ''],
    ['6s', ' 6 s'],
    ['90m', ' 1 h 30 min'],
    [{ withinMs: 250, minMs: 80 }, ' { within: 250 ms, min: 80 ms }'],
    [{ bytes: 1_048_494 }, ' { bytes: 1048494 B (1.00 MiB) }'],
    [{ 'min-bytes': '64KiB', afterBytes: 2_097_152 }, ' { min-bytes: 64 KiB, afterBytes: 2 MiB }'],
    [{ rates: ['1MB/s', '10KB/s'] }, ' { rates: [1 MB/s, 10 KB/s] }'],
    [{ count: 5000, share: 0.5, is: 'on' }, ' { count: 5000, share: 0.5, is: on }'],
    [[1, 2, 3, 4, 5, 6, 7, 8], ' [1, 2, … 8 in all …, 8]'],
  ])('%j is "%s"', (written, text) => {
    expect(parametersText(written)).toBe(text);
  });
});
