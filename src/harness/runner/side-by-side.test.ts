import { describe, expect, test } from '@jest/globals';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Arena } from '../topology/topology.ts';
import { Crew, type Iterate } from './crew.ts';
import { type IterationOptions, type IterationSettings, runIteration } from './iteration.ts';
import type { ScenarioPlan } from './plan.ts';
import type { IterationResult, RunVerdict, TrialResult } from './results.ts';
import { type RunOptions, runScenarios } from './run.ts';
import type { StagePool } from './stage-pool.ts';

const settings: IterationSettings = {
  arena: 'docker',
  runSeed: '0x1',
  image: 'test',
  defects: [],
  armed: true,
  closingPart: false,
  baseline: cleanNetwork,
  stopAfterRed: null,
};

function planOf(id: string, count: number, exclusive = false): ScenarioPlan {
  const scenario = { id, name: id, why: '', topology: 'pair', profile: 'chaos', exclusive, variants: [] };
  const iterations = Array.from({ length: count }, (_, index) => ({ index, variants: [] }));
  return { scenario: scenario as unknown as Scenario, iterations, notRun: [], partial: false };
}

interface Played {
  readonly workers: number;
  readonly arena?: 'docker' | 'simulator';
  /** Of an iteration, as `ID #index`. */
  readonly verdict?: (place: string) => RunVerdict;
  readonly options?: Partial<RunOptions>;
  /** Turns of the event loop that an iteration takes. */
  readonly turns?: (place: string) => number;
}

/** Runs plans whose iterations only take time and answer a verdict. */
async function played(plans: readonly ScenarioPlan[], { workers, arena = 'docker', ...how }: Played) {
  const told: string[] = [];
  let running = 0;
  let most = 0;
  const iterate: Iterate = async ({ id }, { index }) => {
    const place = `${id} #${index}`;
    running += 1;
    most = Math.max(most, running);
    told.push(`${place} beside ${running - 1}`);
    for (let turn = how.turns?.(place) ?? 3; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    told.push(`${place} over`);
    return {
      index,
      verdict: how.verdict?.(place) ?? 'pass',
      because: place,
      durationMs: 1,
      trials: [],
    } as unknown as IterationResult;
  };
  let nowMs = 0;
  const wallMs = () => nowMs++;
  const crew = new Crew({
    arena: { name: arena } as Arena,
    workers,
    elsewhere: { iterate, figures: { opened: 0, most: 0, openingMs: 0 }, close: async () => {} },
    stagesPerWorker: 1,
    wallMs,
    pastMs: new Map(),
  });
  const results = await runScenarios(plans, {
    crew,
    settings,
    failFast: false,
    reporter: {},
    wallMs,
    timeoutMs: null,
    interrupted: () => false,
    takenOver: new Map(),
    ...how.options,
  });
  return { results, told, most, usage: crew.usage };
}

const indexesOf = (iterations: readonly IterationResult[]) => iterations.map(({ index }) => index);

describe('iterations side by side', () => {
  test('come in the order of the plan, whichever finished first', async () => {
    const turns = (place: string) => 20 - Number(place.at(-1));
    const { results, most } = await played([planOf('S-SM-01', 9), planOf('S-SM-02', 3)], { workers: 4, turns });
    expect(most).toBe(4);
    expect(results.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['S-SM-01 pass', 'S-SM-02 pass']);
    expect(results.map(({ iterations }) => indexesOf(iterations))).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
      [0, 1, 2],
    ]);
  });

  test('leave one alone that must be alone, where time is real', async () => {
    const plans = [planOf('S-SM-01', 4), planOf('S-CONC-01', 2, true)];
    const { told, usage } = await played(plans, { workers: 3 });
    expect(told.filter((line) => line.startsWith('S-CONC-01 #') && line.includes('beside'))).toEqual([
      'S-CONC-01 #0 beside 0',
      'S-CONC-01 #1 beside 0',
    ]);
    const alone = told.indexOf('S-CONC-01 #0 beside 0');
    expect(told[alone + 1]).toBe('S-CONC-01 #0 over');
    expect(usage.aloneMs).toBeGreaterThan(0);
    expect((await played(plans, { workers: 3, arena: 'simulator' })).most).toBe(3);
  });

  test.each([
    { turn: 'each', arena: 'docker', most: 2 },
    { turn: 'sweep', arena: 'docker', most: 4 },
    { turn: 'each', arena: 'simulator', most: 4 },
  ] as const)('a crowd of $turn takes three of four places in $arena: $most at once', async ({ turn, arena, most }) => {
    const { scenario, ...plan } = planOf('T-CONN-04', 3);
    const variants = [{ turn, topology: 'swarm-lite' }] as unknown as Scenario['variants'];
    const crowds = { ...plan, scenario: { ...scenario, variants } };
    expect((await played([crowds, planOf('S-SM-01', 1)], { workers: 4, arena })).most).toBe(most);
  });

  test('with --fail-fast none starts after a failure, and what was not reached is not passed', async () => {
    const { results } = await played([planOf('S-SM-01', 8), planOf('S-SM-02', 2)], {
      workers: 2,
      verdict: (place) => (place === 'S-SM-01 #1' ? 'fail' : 'pass'),
      options: { failFast: true },
    });
    expect(results.map(({ verdict }) => verdict)).toEqual(['fail', 'not-run']);
    expect(results[1]!.because).toBe('stopped after 1 of 2 iterations');
    expect(results.flatMap(({ iterations }) => iterations).length).toBeLessThan(5);
  });

  test('that an earlier part of the run finished are not run again, and count as judged', async () => {
    const iteration = { index: 1, verdict: 'inert', because: 'no packet was dropped', trials: [] };
    const takenOver = new Map([['S-SM-01', [iteration as unknown as IterationResult]]]);
    const { results, told } = await played([planOf('S-SM-01', 3)], { workers: 2, options: { takenOver } });
    expect(told.filter((line) => line.includes('beside'))).toHaveLength(2);
    expect(results[0]).toMatchObject({ verdict: 'inert', passed: 2, total: 3 });
    expect(indexesOf(results[0]!.iterations)).toEqual([0, 1, 2]);
  });
});

describe('an iteration that ended in an error', () => {
  const finding = (because: string) => ({ check: 'converges', role: 'invariant', verdict: 'unknown', because });
  const trial = (verdict: RunVerdict, because: string) =>
    ({ variant: 'only', verdict, because, findings: [finding(because)] }) as unknown as TrialResult;

  async function retried(...errors: readonly string[]) {
    const told: string[] = [];
    const answers = [...errors.map((because) => trial('error', because)), trial('pass', 'fine')];
    const pool = {
      withStage: async () => {
        told.push('trial');
        return { trial: answers.shift(), digest: '' };
      },
    } as unknown as StagePool;
    const options: IterationOptions = {
      ...settings,
      pool,
      reporter: { note: (line) => told.push(line) },
      wallMs: () => 0,
      alone: async () => void told.push('alone'),
    };
    const scenario = { id: 'S-SM-01' } as Scenario;
    const variants = [{ name: 'only' }] as unknown as Scenario['variants'];
    const iteration = await runIteration(scenario, { index: 0, variants }, options);
    return { told, iteration };
  }

  test('because the machine was too busy runs again with nothing at its side', async () => {
    const because = 'machine too busy for a bound of 500 ms (timers up to 80 ms late)';
    const { told, iteration } = await retried(because);
    expect(told).toEqual([
      'trial',
      `S-SM-01 only: error, running it again with nothing at its side (${because})`,
      'alone',
      'trial',
    ]);
    expect(iteration).toMatchObject({ verdict: 'pass', errors: [`only: ${because}`] });
  });

  test('for another reason runs again where it is', async () => {
    const { told } = await retried('a check could not tell; health: no page; converges: no vector');
    const note = 'S-SM-01 only: error, running it again (a check could not tell; health: no page)';
    expect(told).toEqual(['trial', note, 'trial']);
  });

  test('twice has the machine for itself the last time', async () => {
    const { told, iteration } = await retried('the engine is gone', 'pair answered nothing');
    expect(told.slice(2)).toEqual([
      'trial',
      'S-SM-01 only: error, running it again with nothing at its side (pair answered nothing)',
      'alone',
      'trial',
    ]);
    expect(iteration.errors).toHaveLength(2);
  });
});

describe('trials that must be run again alone', () => {
  const noRoom = async () => {
    throw new Error('no room');
  };

  /** Iterations of a machine on which no stage opens, so that each asks to go alone once. */
  async function notesOf(iterations: number, workers: number) {
    const arena = { name: 'docker', openStage: noRoom } as unknown as Arena;
    const options = { elsewhere: null, stagesPerWorker: 1, wallMs: () => 0, pastMs: new Map() };
    const crew = new Crew({ arena, workers, ...options });
    const notes: string[] = [];
    const reporter = { note: (line: string) => notes.push(line) };
    const { scenario } = planOf('S-SM-01', 0);
    const variants = [{ name: 'only', topology: 'pair', profile: 'chaos' }] as unknown as Scenario['variants'];
    const all = Array.from({ length: iterations }, (_, index) =>
      crew.work(scenario, variants[0], settings, (iterate) =>
        iterate(scenario, { index, variants }, settings, reporter),
      ),
    );
    await Promise.all(all);
    return notes.filter((line) => line.includes('from now on'));
  }

  test('leave a worker fewer where they are no exception', async () => {
    expect(await notesOf(2, 4)).toEqual([]);
    const note = (left: number) => `${left} at a time from now on: too many trials had to be run again alone`;
    expect(await notesOf(6, 4)).toEqual([note(3), note(2)]);
  });
});
