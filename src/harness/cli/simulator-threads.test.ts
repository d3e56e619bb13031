import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { StoredRecord } from '../reporters/history-file.ts';
import { type IterationSettings, runIteration } from '../runner/iteration.ts';
import { StagePool } from '../runner/stage-pool.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { scenarioFolder } from './project.ts';
import { SimulatorThreads } from './simulator-threads.ts';

/** Threads load the whole simulator, and the machine may be busy. */
const timeoutMs = 60_000;
const file = join(scenarioFolder, 'sync/S-CONC-01-simultaneous-push.yml');
const scenario = loadScenario(file, file);
const planned = (index: number) => ({ index, variants: scenario.variants.slice(0, 1) });
const settings: IterationSettings = {
  arena: 'simulator',
  runSeed: '0x7',
  image: 'test',
  defects: [],
  armed: true,
  closingPart: false,
  baseline: cleanNetwork,
  stopAfterRed: null,
};

let threads: SimulatorThreads;
afterEach(() => threads.close());

describe('simulator threads', () => {
  test(
    'run iterations side by side as they run here, with their records, and tell what they do',
    async () => {
      threads = new SimulatorThreads({ reduce: false });
      const told: string[] = [];
      const records: TrialRecord[] = [];
      const reporter = {
        iterationStarted: (id: string, index: number) => void told.push(`${id} #${index} started`),
        phaseStarted: (_id: string, index: number, _variant: string, phase: string) =>
          void (index === 0 && told.push(phase)),
        trialFinished: (_id: string, _index: number, _trial: unknown, record: TrialRecord) => void records.push(record),
        iterationFinished: (id: string, { index }: { index: number }) => void told.push(`${id} #${index} finished`),
      };
      const there = await Promise.all(
        [0, 1].map((index) => threads.iterate(scenario, planned(index), settings, reporter)),
      );
      const pool = new StagePool(await openSimulator());
      const options = { ...settings, pool, reporter: {}, wallMs: () => 0 };
      const here = [
        await runIteration(scenario, planned(0), options),
        await runIteration(scenario, planned(1), options),
      ];
      expect(there.map(({ digest, verdict }) => [verdict, digest])).toEqual(here.map(({ digest }) => ['pass', digest]));
      expect(records.map(({ iteration }) => iteration).toSorted()).toEqual([0, 1]);
      expect(records[0]!.collected.relay.rows).not.toBeNull();
      expect(told).toEqual(expect.arrayContaining(['S-CONC-01 #1 started', 'loading', 'S-CONC-01 #0 finished']));
      expect(threads.figures).toMatchObject({ opened: 2, most: 2 });
    },
    timeoutMs,
  );

  test(
    'hand over what is stored of a record as text, made small where the trial passed',
    async () => {
      threads = new SimulatorThreads({ reduce: true });
      const texts: string[] = [];
      await threads.iterate(scenario, planned(0), settings, {
        trialFinished: () => expect('the record itself').toBe('not handed over'),
        trialStored: (_id, _index, trial, text) => void texts.push(`${trial.verdict} ${text}`),
      });
      expect(texts).toHaveLength(1);
      expect(texts[0]).toMatch(/^pass /);
      const { reduced, record } = JSON.parse(texts[0]!.slice('pass '.length)) as StoredRecord;
      expect(reduced).toBe(true);
      expect(record.entries.length).toBeGreaterThan(0);
      expect(record.collected.relay.rows).toBeNull();
    },
    timeoutMs,
  );

  test(
    'that fail make an iteration an error after a bounded number of times, never a verdict of the system',
    async () => {
      threads = new SimulatorThreads({ reduce: true });
      const gone = { ...scenario, file: '/no/such/scenario.yml' };
      const notes: string[] = [];
      const iteration = await threads.iterate(gone, planned(3), settings, { note: (line) => notes.push(line) });
      expect(iteration).toMatchObject({ index: 3, verdict: 'error', variant: 'first-blob' });
      expect(iteration.because).toMatch(/a simulator thread failed: .*no\/such\/scenario\.yml/);
      expect(iteration.errors).toHaveLength(2);
      expect(iteration.trials[0]!.repro).toContain('--iteration 3 --variant first-blob');
      expect(notes).toHaveLength(2);
    },
    timeoutMs,
  );
});
