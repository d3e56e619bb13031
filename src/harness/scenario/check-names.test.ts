import { describe, expect, test } from '@jest/globals';
import { ScenarioError } from '../../support/errors.ts';
import type { KnownDefects } from './check-names.ts';
import { parseScenario } from './load-scenario.ts';

const whole = `id: T-CONN-01
name: named
why: Whatever an entry names is there.
topology: pair
iterations: 10
prepare:
  - disconnect: [node-a, node-b]
faults:
  - { kind: latency, link: node-a, delay: 100ms }
  - { kind: kill, target: relay, for: 1s, when: { healed: { fault: 0 } } }
load:
  first:
    - wait: { fault: 0, is: injected }
    - push: { from: node-a, count: 3 }
  second:
    - heal: { fault: 1 }
    - ping: node-b
afterwards:
  - connect: node-b
reactions:
  - resumes-unasked: { node: node-b }
proof:
  - delays-as-ordered
  - process-struck
variants:
  each:
    base: {}
    more:
      faults:
        - { kind: detach, node: node-b, when: { unacknowledged: { node: node-a } } }
      load:
        first:
          - heal: { fault: 2 }
      proof:
        - network-absent
        - goodput: { link: node-b, direction: up, overMs: 100, fault: 2 }
  rotate:
    alone:
      topology: trio
      load:
        first:
          - push: { from: node-c, count: 1 }
  sweep:
    crowd:
      topology: swarm-n
      sweep-nodes: { from: 3, to: 5 }
      faults:
        - { kind: latency, link: "node-1..n", delay: 5ms }
      load:
        - push: { from: "node-1..n", count: 3 }
        - push: { from: "node-1..3", count: 3 }
        - wait: { fault: 0, is: injected }
      proof: [delays-as-ordered]
sweep:
  orders-of: relay.push
  faults:
    - { kind: latency, link: node-a, delay: 5ms }
  load:
    - push: { from: node-a, count: 3 }
    - wait: { fault: 0, is: injected }
  proof: [delays-as-ordered]
planted: []
`;

function problemsOf(text: string, defects: KnownDefects | null = null): readonly string[] {
  try {
    parseScenario('file.yml', text, defects);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

const pair = 'expected one of the nodes of pair: "node-a", "node-b"';

describe('a scenario that names', () => {
  test('only what is there is taken', () => {
    expect(problemsOf(whole)).toEqual([]);
  });

  test.each<[string, string, string, readonly string[]]>([
    [
      'an unknown node in a step before the load',
      'disconnect: [node-a, node-b]',
      'disconnect: [node-a, node-q]',
      [
        `file.yml:7 prepare[0].disconnect[1]: ${pair} (did you mean "node-a"?), got "node-q"`,
        'file.yml:7 prepare[0].disconnect[1]: expected one of the nodes of trio: "node-a", "node-b", "node-c" (did you mean "node-a"?), got "node-q"',
      ],
    ],
    [
      'an unknown node in a step of a lane',
      'ping: node-b',
      'ping: node-d',
      [
        `file.yml:17 load.second[1].ping: ${pair} (did you mean "node-a"?), got "node-d"`,
        'file.yml:17 load.second[1].ping: expected one of the nodes of trio: "node-a", "node-b", "node-c" (did you mean "node-a"?), got "node-d"',
      ],
    ],
    [
      'an unknown node after the load',
      'connect: node-b',
      'connect: node-c',
      [`file.yml:19 afterwards[0].connect: ${pair} (did you mean "node-a"?), got "node-c"`],
    ],
    [
      'an unknown node as the link of a fault',
      'link: node-a, delay: 100ms',
      'link: node-c, delay: 100ms',
      [`file.yml:9 faults[0].link: ${pair} (did you mean "node-a"?), got "node-c"`],
    ],
    [
      'an unknown node as the target of a fault',
      'target: relay',
      'target: node-c',
      [`file.yml:10 faults[1].target: ${pair} (did you mean "node-a"?), got "node-c"`],
    ],
    [
      'an unknown node in a check',
      'resumes-unasked: { node: node-b',
      'resumes-unasked: { node: node-c',
      [`file.yml:21 reactions[0].resumes-unasked.node: ${pair} (did you mean "node-a"?), got "node-c"`],
    ],
    [
      'an unknown node in a trigger of a variant',
      'unacknowledged: { node: node-a }',
      'unacknowledged: { node: node-c }',
      [
        `file.yml:30 variants.each.more.faults[0].when.unacknowledged.node: ${pair} (did you mean "node-a"?), got "node-c"`,
      ],
    ],
    [
      'a node that another topology of a variant lacks',
      'from: node-c',
      'from: node-d',
      [
        'file.yml:42 variants.rotate.alone.load.first[0].push.from: expected one of the nodes of trio: "node-a", "node-b", "node-c" (did you mean "node-a"?), got "node-d"',
      ],
    ],
    [
      'a range that goes beyond the smallest number of nodes',
      '"node-1..3"',
      '"node-1..4"',
      [
        'file.yml:51 variants.sweep.crowd.load[1].push.from: expected one of the nodes of swarm-3: "node-1", "node-2", "node-3", got "node-1..4"',
      ],
    ],
    [
      'an unknown node in the trial of a sweep',
      'load:\n    - push: { from: node-a',
      'load:\n    - push: { from: node-c',
      [`file.yml:59 sweep.load[0].push.from: ${pair} (did you mean "node-a"?), got "node-c"`],
    ],
    [
      'no fault in the trigger of a fault',
      'healed: { fault: 0 }',
      'healed: { fault: 3 }',
      [
        'file.yml:10 faults[1].when.healed.fault: expected one of the faults of the variant base: 0 (latency), 1 (kill), got 3',
        'file.yml:10 faults[1].when.healed.fault: expected one of the faults of the variant more: 0 (latency), 1 (kill), 2 (detach), got 3',
        'file.yml:10 faults[1].when.healed.fault: expected one of the faults of the variant alone: 0 (latency), 1 (kill), got 3',
      ],
    ],
    [
      'a fault to wait for that only one variant has',
      'wait: { fault: 0, is: injected }\n    - push',
      'wait: { fault: 2, is: injected }\n    - push',
      [
        'file.yml:13 load.first[0].wait.fault: expected one of the faults of the variant base: 0 (latency), 1 (kill), got 2',
        'file.yml:13 load.first[0].wait.fault: expected one of the faults of the variant alone: 0 (latency), 1 (kill), got 2',
      ],
    ],
    [
      'no fault to wait for until it has struck',
      'wait: { fault: 0, is: injected }\n      proof',
      'wait: { struck: { fault: 1 } }\n      proof',
      [
        'file.yml:52 variants.sweep.crowd.load[2].wait.struck.fault: expected one of the faults of the variant crowd: 0 (latency), got 1',
      ],
    ],
    [
      'no fault to heal',
      'heal: { fault: 2 }',
      'heal: { fault: 3 }',
      [
        'file.yml:33 variants.each.more.load.first[0].heal.fault: expected one of the faults of the variant more: 0 (latency), 1 (kill), 2 (detach), got 3',
      ],
    ],
    [
      'no fault in a check',
      'overMs: 100, fault: 2',
      'overMs: 100, fault: 4',
      [
        'file.yml:36 variants.each.more.proof[1].goodput.fault: expected one of the faults of the variant more: 0 (latency), 1 (kill), 2 (detach), got 4',
      ],
    ],
    [
      'no fault in the trial of a sweep',
      'fault: 0, is: injected }\n  proof',
      'fault: 1, is: injected }\n  proof',
      ['file.yml:60 sweep.load[1].wait.fault: expected one of the faults of the variant sweep: 0 (latency), got 1'],
    ],
  ])('%s is refused', (_what, from, to, expected) => {
    const wrong = whole.replace(from, to);
    expect(wrong).not.toBe(whole);
    expect(problemsOf(wrong)).toEqual(expected);
  });

  test('a fault where there is none is told so', () => {
    const bare = `id: T-CONN-01
name: named
why: Whatever an entry names is there.
topology: pair
iterations: 10
load:
  - wait: { fault: 0, is: injected }
proof: [delays-as-ordered]
planted: []
`;
    expect(problemsOf(bare)).toEqual([
      'file.yml:7 load[0].wait.fault: expected one of the faults of the variant only, which has none, got 0',
    ]);
  });

  describe('a planted defect', () => {
    const planting = whole.replace(
      'planted: []',
      'planted:\n  - { defect: item-twice, caught-by: no-data-loss }\nplanted-in-tester: [blind]',
    );
    const defects = { system: ['item-twice', 'item-lost'], tester: ['blind', 'deaf'] };

    test.each<[string, string, string, readonly string[]]>([
      ['that is known', '', '', []],
      [
        'that the system does not have',
        'defect: item-twice',
        'defect: item-twise',
        [
          'file.yml:63 planted[0].defect: expected one of the defects of the system: "item-twice", "item-lost" (did you mean "item-twice"?), got "item-twise"',
        ],
      ],
      [
        'that the tester does not have',
        '[blind]',
        '[blind, deef]',
        [
          'file.yml:64 planted-in-tester[1]: expected one of the defects of the tester: "blind", "deaf" (did you mean "deaf"?), got "deef"',
        ],
      ],
    ])('%s', (_what, from, to, expected) => {
      expect(problemsOf(planting.replace(from, to), defects)).toEqual(expected);
    });

    test('is taken where nobody knows the system’s defects', () => {
      const foreign = planting.replace('defect: item-twice', 'defect: its-own');
      expect(problemsOf(foreign, { ...defects, system: null })).toEqual([]);
      expect(problemsOf(foreign)).toEqual([]);
    });
  });

  test('several wrong things, of the outline too, is told of all at once', () => {
    const wrong = whole
      .replace('iterations: 10', 'iterations: ten')
      .replace('connect: node-b', 'connect: node-c')
      .replace('heal: { fault: 2 }', 'heal: { fault: 3 }')
      .replace('healed: { fault: 0 }', 'healed: { fault: -1 }')
      .replace('kind: detach', 'kind: detatch');
    const problems = problemsOf(wrong).join('\n');
    expect(problems).toMatch(/iterations: expected number/);
    expect(problems).toMatch(/afterwards\[0\]\.connect: expected one of the nodes of pair/);
    expect(problems).toMatch(/heal\.fault: expected one of the faults of the variant more: .*2 \(detatch\), got 3/);
  });
});
