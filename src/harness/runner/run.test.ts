import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import { loadCatalogue } from '../scenario/catalogue.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { Arena } from '../topology/topology.ts';
import { Crew } from './crew.ts';
import type { IterationSettings } from './iteration.ts';
import { planScenario } from './plan.ts';
import type { ScenarioResult, TrialResult } from './results.ts';
import { runScenarios } from './run.ts';

const { scenarios } = loadCatalogue(join(import.meta.dirname, '../../../scenarios'));
let arena: Arena;

beforeAll(async () => {
  arena = await openSimulator();
});

async function run(
  scenario: Scenario,
  options: Partial<IterationSettings> & { variant?: string; on?: Arena; interrupted?: () => boolean } = {},
): Promise<ScenarioResult> {
  const { variant = null, on = arena, interrupted = () => false, ...settings } = options;
  const plan = planScenario(scenario, { arena, image: 'test', iterations: 1, iteration: null, variant, smoke: false });
  let ticks = 0;
  const wallMs = () => ticks++;
  const [result] = await runScenarios([plan], {
    crew: new Crew({ arena: on, workers: 1, elsewhere: null, stagesPerWorker: 1, wallMs, pastMs: new Map() }),
    settings: {
      arena: arena.name,
      runSeed: '0x7',
      image: 'test',
      defects: [],
      armed: true,
      closingPart: false,
      baseline: cleanNetwork,
      stopAfterRed: null,
      ...settings,
    },
    failFast: false,
    reporter: {},
    wallMs,
    timeoutMs: null,
    interrupted,
    takenOver: new Map(),
  });
  return result!;
}

const trialsOf = (result: ScenarioResult): TrialResult[] =>
  result.iterations.flatMap((iteration) => [...iteration.trials]);
/** Those of a sweep are as large as a sweep may be: `chaos sweep` runs them, and sweep.test.ts some of their points. */
const everyVariant = scenarios.flatMap((scenario) =>
  scenario.variants
    .filter(({ turn }) => turn !== 'sweep')
    .map((variant) => [scenario.id, variant.name, scenario] as const),
);

describe('every built scenario in the simulator', () => {
  test.each(everyVariant)('%s %s passes, with a proof', async (_id, variant, scenario) => {
    const [trial] = trialsOf(await run(scenario, { variant }));
    expect(`${trial!.verdict}: ${trial!.because}`).toMatch(/^pass: /);
    expect(trial!.findings.filter(({ role, verdict }) => role === 'proof' && verdict === 'valid')).not.toEqual([]);
  });

  test.each(everyVariant)('%s %s comes out inert when it is disarmed', async (_id, variant, scenario) => {
    const [trial] = trialsOf(await run(scenario, { variant, armed: false }));
    expect(`${trial!.verdict}: ${trial!.because}`).toMatch(/^inert: /);
  });
});

describe('a run', () => {
  const scenario = scenarios.find(({ id }) => id === 'S-CONC-01')!;

  test('gives the same digest for the same seed, and its repro line names everything', async () => {
    const [one, other] = [await run(scenario), await run(scenario)];
    expect(one.iterations[0]!.digest).toBe(other.iterations[0]!.digest);
    expect(trialsOf(one)[0]!.repro).toBe(
      'npm run chaos -- run S-CONC-01 --seed 0x7 --iteration 0 --variant first-blob --arena simulator',
    );
  });

  test('a planted defect makes it fail, and the expectation named for it decides', async () => {
    const [trial] = trialsOf(await run(scenario, { defects: ['first-cursor-zero'], variant: 'first-blob' }));
    expect(trial!.verdict).toBe('fail');
    expect(trial!.deciding).toContain('pulled-after-zero');
    expect(trial!.repro).toContain('--defect first-cursor-zero');
  });

  test('an arena that fails is an error, tried again a bounded number of times, and never a verdict of the system', async () => {
    let opened = 0;
    const broken: Arena = {
      ...arena,
      openStage: () => {
        opened += 1;
        return Promise.reject(new Error('the engine is gone'));
      },
    };
    const result = await run(scenario, { on: broken });
    expect(result.verdict).toBe('error');
    expect(result.because).toContain('the engine is gone');
    expect(opened).toBe(3);
    expect(result.iterations[0]!.errors).toHaveLength(2);
  });

  test('one that is interrupted before its first iteration is not-run, not passed', async () => {
    expect((await run(scenario, { interrupted: () => true })).verdict).toBe('not-run');
  });
});
