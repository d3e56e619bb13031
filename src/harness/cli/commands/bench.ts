import { type Command, Option } from 'commander';
import { runIteration } from '../../runner/iteration.ts';
import { planScenario } from '../../runner/plan.ts';
import type { TrialResult } from '../../runner/results.ts';
import { StagePool } from '../../runner/stage-pool.ts';
import { loadCatalogue } from '../../scenario/catalogue.ts';
import { loadSystem } from '../../scenario/load-system.ts';
import { benchSimulator } from '../../simulator/bench-simulator.ts';
import type { Arena } from '../../topology/topology.ts';
import { baselineOf } from '../baseline-of.ts';
import { arenaChoices, chooseArena } from '../choose-arena.ts';
import { referenceSystem } from '../project.ts';
import { type SharedOptions, scenariosOption, wholeNumber } from '../run-options.ts';
import { select } from '../select.ts';

/** Phases in which the scenario itself passes its time; the rest is what the tester costs. */
const ownPhases = ['seeding', 'loading', 'healing', 'closing', 'settling'];

/** `chaos bench`: what an iteration costs, and how much of it is the tester. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure what an iteration costs and how much of it is overhead')
    .argument('[what...]', 'scenarios', ['smoke'])
    .addOption(new Option('--arena <arena>', 'where').choices(arenaChoices).default('auto'))
    .option('--iterations <n>', 'of each scenario', wholeNumber, 5)
    .addOption(scenariosOption())
    .action(async (words: string[], options: Pick<SharedOptions, 'arena' | 'scenarios'> & { iterations: number }) => {
      const { scenarios } = select(loadCatalogue(options.scenarios), words);
      const log = (line: string) => console.log(line);
      const seed = '0xbe9c';
      const system = loadSystem(referenceSystem);
      const { arena, because } = await chooseArena({
        choice: options.arena,
        system,
        runId: `bench-${process.pid}`,
        log,
      });
      const baseline = await baselineOf({ arena, system, image: 'test', say: log });
      console.log(
        `${arena.name} (${because}), ${options.iterations} iterations each; milliseconds, median and largest\n`,
      );
      console.log(`${'scenario'.padEnd(12)}${'variant'.padEnd(16)}${columns(['trial', 'overhead', ...ownPhases])}`);
      const pool = new StagePool(arena);
      const processorMs = new Map<string, number>();
      try {
        for (const scenario of scenarios) {
          const { iterations, ...settings } = {
            ...options,
            image: 'test',
            iteration: null,
            variant: null,
            smoke: false,
          } as const;
          const plan = planScenario(scenario, { ...settings, iterations, arena });
          const trials: TrialResult[] = [];
          const before = process.cpuUsage();
          for (const planned of plan.iterations) {
            const { trials: run } = await runIteration(scenario, planned, {
              pool,
              arena: arena.name,
              runSeed: seed,
              image: 'test',
              defects: [],
              armed: true,
              closingPart: false,
              baseline,
              reporter: {},
              wallMs: () => performance.timeOrigin + performance.now(),
              stopAfterRed: null,
            });
            trials.push(...run);
          }
          const spent = process.cpuUsage(before);
          const iterationMs = (spent.user + spent.system) / 1000 / plan.iterations.length;
          processorMs.set(scenario.id, iterationMs);
          for (const variant of new Set(trials.map((trial) => trial.variant))) {
            console.log(
              row(
                scenario.id,
                trials.filter((trial) => trial.variant === variant),
                arena.name === 'simulator',
              ),
            );
          }
        }
        if (arena.name === 'simulator') {
          printProcessorTime(processorMs);
          await printParts(arena, options.iterations);
        }
      } finally {
        await pool.close();
        await arena.close();
      }
    });
}

/** What one iteration takes of a processor, which other programs on the machine change less than its duration. */
function printProcessorTime(byScenario: ReadonlyMap<string, number>): void {
  const sorted = [...byScenario].sort(([, a], [, b]) => b - a);
  const allMs = sorted.reduce((sum, [, ms]) => sum + ms, 0);
  console.log('\nprocessor time of an iteration with all its variants, milliseconds');
  for (const [id, ms] of [...sorted, ['all together', allMs] as const]) {
    console.log(`${id.padEnd(28)}${ms.toFixed(0).padStart(14)}`);
  }
}

/** Where the real time of a simulated trial goes, which the phases cannot tell. */
async function printParts(arena: Arena, rounds: number): Promise<void> {
  const parts = await benchSimulator({ arena, nowMs: () => performance.now(), rounds });
  console.log('\na simulated trial of 2 x 50 items, by part');
  for (const { part, medianMs, largestMs } of parts) {
    console.log(`${part.padEnd(28)}${`${medianMs.toFixed(1)}/${largestMs.toFixed(1)}`.padStart(14)}`);
  }
}

/** In the simulator phases take virtual time, so that only the whole trial can be told in real milliseconds. */
function row(id: string, trials: readonly TrialResult[], isVirtual: boolean): string {
  const of = (phase: string) => trials.map((trial) => trial.phasesMs[phase] ?? 0);
  const overhead = trials.map(
    (trial) => trial.durationMs - ownPhases.reduce((sum, phase) => sum + (trial.phasesMs[phase] ?? 0), 0),
  );
  const cells = [
    spread(trials.map((trial) => trial.durationMs)),
    isVirtual ? 'virtual' : spread(overhead),
    ...ownPhases.map((phase) => spread(of(phase))),
  ];
  const notPassed = trials.filter((trial) => trial.verdict !== 'pass').length;
  const note = notPassed === 0 ? '' : `  ${notPassed} of ${trials.length} did not pass`;
  return `${id.padEnd(12)}${trials[0]!.variant.padEnd(16)}${columns(cells)}${note}`;
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `${Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)}/${Math.round(sorted.at(-1) ?? 0)}`;
}

function columns(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(14)).join('');
}
