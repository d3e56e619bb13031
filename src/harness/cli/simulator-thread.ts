/** What runs in each thread of a simulated run: one iteration after another, each as it would run alone. */
import { resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { reduceCollected } from '../evidence/keep.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { storedText } from '../reporters/history-file.ts';
import { runIteration } from '../runner/iteration.ts';
import type { Reporter, TrialResult } from '../runner/results.ts';
import { StagePool } from '../runner/stage-pool.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-protocol.ts';

const { reduce } = workerData as ThreadData;
const port = parentPort!;
const arena = await openSimulator();
const scenarios = new Map<string, Scenario>();

port.on('message', (request: ThreadRequest) => void run(request));

async function run({ file, index, variants: names, settings, records: wanted }: ThreadRequest): Promise<void> {
  const answer = (what: ThreadAnswer) => port.postMessage(what);
  const scenario = scenarios.get(file) ?? loadScenario(file, resolve(file));
  scenarios.set(file, scenario);
  const records = new Map<TrialResult, TrialRecord | string>();
  const reporter: Reporter = {
    iterationStarted: (_scenario, _index, variant) => answer({ kind: 'started', variant }),
    phaseStarted: (_scenario, _index, variant, phase) => answer({ kind: 'phase', variant, phase }),
    note: (line) => answer({ kind: 'note', line }),
    trialFinished: (_scenario, _index, trial, record) => {
      if (wanted === 'whole') records.set(trial, record);
      else if (wanted === 'stored') records.set(trial, storedText(trial, record, reduce ? reduceCollected : null));
    },
  };
  const pool = new StagePool(arena, { stagesMax: 1, wallMs: Date.now });
  const variants = names.map((name) => scenario.variants.find((variant) => variant.name === name)!);
  const iteration = await runIteration(
    scenario,
    { index, variants },
    { ...settings, pool, reporter, wallMs: Date.now },
  );
  await pool.close();
  const { opened, openingMs } = pool.figures;
  const kept = iteration.trials.map((trial) => records.get(trial) ?? null);
  answer({ kind: 'finished', iteration, records: kept, stages: opened, openingMs });
}
