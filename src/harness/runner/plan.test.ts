import { describe, expect, test } from '@jest/globals';
import { parseScenario } from '../scenario/load-scenario.ts';
import type { Arena } from '../topology/topology.ts';
import { lacksOf, type PlanOptions, planScenario } from './plan.ts';

const text = (variants: string) => `id: S-CONC-01
name: simultaneous-push
why: A scenario whose variants are planned here.
topology: pair
iterations: 7
tags: []
load: [{ push: { from: node-a, count: 1 } }]
proof: [{ packets-dropped: { min: 1 } }]
variants: ${variants}
planted: [{ defect: some-defect, caught-by: no-data-loss }]
smoke: { iterations: 1, variants: [second] }
`;

const rotating = parseScenario('x.yml', text('{ rotate: { first: { needs: [vector] }, second: {}, third: {} } }'));
const each = parseScenario(
  'x.yml',
  text('{ each: { first: {}, second: { faults: [{ kind: loss, link: node-a, share: 0.1 }] } } }'),
);

function planned(
  scenario: typeof rotating,
  options: Partial<PlanOptions> = {},
  cannot: string | null = null,
  can = ['live', 'vector'],
  name = 'simulator',
) {
  const arena = { name, cannot: () => cannot, canOf: () => can } as unknown as Arena;
  const plan = planScenario(scenario, {
    arena,
    image: 'test',
    iterations: null,
    iteration: null,
    variant: null,
    smoke: false,
    ...options,
  });
  const iterations = plan.iterations.map(
    ({ index, variants }) => `${index}:${variants.map(({ name }) => name).join('+')}`,
  );
  return { iterations, notRun: plan.notRun, partial: plan.partial, lacks: lacksOf([plan]).map(({ what }) => what) };
}

describe('what of a scenario runs', () => {
  test('a rotation runs variant i mod n, and is whole once each came three times', () => {
    expect(planned(rotating)).toEqual({
      iterations: ['0:first', '1:second', '2:third', '3:first', '4:second', '5:third', '6:first'],
      notRun: [],
      partial: true,
      lacks: ['second 2 of 3, third 2 of 3'],
    });
    expect(planned(rotating, { iterations: 9 })).toMatchObject({ partial: false, lacks: [] });
  });

  test('each runs every variant in every iteration', () => {
    expect(planned(each, { iterations: 2 }).iterations).toEqual(['0:first+second', '1:first+second']);
    expect(planned(each, { iterations: 1 }).partial).toBe(false);
  });

  test('a variant of every fifth iteration runs there, and wherever it is asked for by name', () => {
    const fifth = parseScenario(
      'x.yml',
      text('{ each: { first: {} }, fifth: { rare: {} } }').replace('second', 'first'),
    );
    expect(planned(fifth, { iterations: 6 }).iterations.slice(3)).toEqual(['3:first', '4:first+rare', '5:first']);
    expect(planned(fifth, { iterations: 2, variant: 'rare' }).iterations).toEqual(['0:rare', '1:rare']);
    expect(planned(fifth, { iteration: 4, variant: 'rare' }).iterations).toEqual(['4:rare']);
  });

  test('one that costs little on virtual time runs in each iteration of the simulator, and only there', () => {
    const fifth = parseScenario(
      'x.yml',
      text('{ each: { first: {} }, fifth: { rare: { simulator: each } } }').replace('second', 'first'),
    );
    expect(planned(fifth, { iterations: 2 }).iterations).toEqual(['0:first+rare', '1:first+rare']);
    expect(planned(fifth, { iterations: 6 }, null, ['live'], 'docker').iterations.slice(3)).toEqual([
      '3:first',
      '4:first+rare',
      '5:first',
    ]);
  });

  test('a variant of a sweep runs in no iteration, is not missed there, and runs where it is asked for by name', () => {
    const swept = parseScenario(
      'x.yml',
      text(
        '{ each: { first: {} }, sweep: { many: { needs: [vector], load: [wait: 1s], proof: [process-struck] } } }',
      ).replace('second', 'first'),
    );
    expect(planned(swept, { iterations: 2 }, null, ['live'])).toEqual({
      iterations: ['0:first', '1:first'],
      notRun: [],
      partial: false,
      lacks: [],
    });
    expect(planned(swept, { iteration: 4, variant: 'many' }).iterations).toEqual(['4:many']);
  });

  test('a variant the system cannot run is not run, with the reason, and the others keep their turns', () => {
    const plan = planned(rotating, { iterations: 3 }, null, ['live']);
    expect(plan.iterations).toEqual(['1:second', '2:third']);
    expect(plan.notRun).toEqual([{ variant: 'first', because: 'the system cannot: vector' }]);
    expect(plan).toMatchObject({ partial: true, lacks: ['first 0 of 3, second 1 of 3, third 1 of 3'] });
  });

  test('a system whose nodes must be told to ask for items runs nothing, and nothing is held against it', () => {
    const plan = planned(each, { iterations: 1 }, null, ['vector']);
    expect(plan.iterations).toEqual([]);
    expect(plan.notRun).toEqual(
      ['first', 'second'].map((variant) => ({ variant, because: 'the system cannot: live' })),
    );
  });

  test('a fault the arena cannot produce is announced, never replaced', () => {
    const plan = planned(each, { iterations: 1 }, 'this kernel cannot drop packets');
    expect(plan.iterations).toEqual(['0:first']);
    expect(plan.notRun).toEqual([{ variant: 'second', because: 'this kernel cannot drop packets' }]);
  });

  test('a moment the arena cannot wait for is announced like a fault it cannot produce', () => {
    const fault = '{ kind: kill, target: relay, when: { at-step: { process: relay, step: relay.push } } }';
    const variants = `{ each: { first: {}, second: { faults: [${fault}], proof: [process-struck] } } }`;
    const plan = planned(parseScenario('x.yml', text(variants)), { iterations: 1 }, 'its disks are out of reach');
    expect(plan.iterations).toEqual(['0:first']);
    expect(plan.notRun).toEqual([{ variant: 'second', because: 'its disks are out of reach' }]);
  });

  test('one iteration and one variant run alone, whatever the rotation says, and are partial', () => {
    expect(planned(rotating, { iteration: 6, variant: 'first' })).toMatchObject({
      iterations: ['6:first'],
      partial: true,
      lacks: ['first 1 of 3, second 0 of 3, third 0 of 3'],
    });
    expect(planned(each, { iteration: 6 })).toMatchObject({ partial: true, lacks: ['1 iteration of 7'] });
    expect(planned(each, { iterations: 8, variant: 'first' })).toMatchObject({ lacks: ['second 0 of 1'] });
  });

  test('of the only variant a part was asked for, though it may be as long as the whole', () => {
    const alone = parseScenario('x.yml', text('{ each: { second: {} } }'));
    expect(planned(alone, { variant: 'second' })).toMatchObject({ partial: true, lacks: ['asked for in part'] });
  });

  test('an iteration of a longer run is the same alone, beyond the scenario’s own number too', () => {
    expect(planned(rotating, { iterations: 31 }).iterations.at(-1)).toBe('30:first');
    expect(planned(rotating, { iteration: 30 }).iterations).toEqual(['30:first']);
  });

  test('a smoke run takes what the scenario gives it', () => {
    expect(planned(each, { smoke: true }).iterations).toEqual(['0:second']);
  });
});
