import { execFile, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NamedFinding } from '../src/harness/checkers/checker.ts';
import { judgeRecord } from '../src/harness/checkers/judge.ts';
import { type Judgement, judgeTrial, type TrialVerdict } from '../src/harness/checkers/verdict.ts';
import type { TrialRecord } from '../src/harness/history/trial-record.ts';
import { readRun, type StoredRun } from '../src/harness/reporters/run-folder.ts';
import { loadScenario } from '../src/harness/scenario/load-scenario.ts';

const project = join(import.meta.dirname, '..');
const words = ['run', 'S-CONC-01', '--system', 'test/foreign-system', '--arena', 'docker', '--seed', '0xf0'];

interface CommandRun {
  readonly exitCode: number;
  readonly output: string;
  readonly id: string;
  readonly stored: StoredRun;
}

/** One run of the command line, as a user starts it. */
async function chaos(...more: string[]): Promise<CommandRun> {
  const { exitCode, output } = await new Promise<{ exitCode: number; output: string }>((resolve) => {
    const command = ['src/harness/cli/chaos.mjs', ...words, ...more];
    const child = execFile(process.execPath, command, { cwd: project, timeout: 110_000 }, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
  const id = /^folder +\S*reports\/(\S+)$/m.exec(output)?.[1];
  if (id === undefined) throw new Error(`the run named no folder: ${output}`);
  return { exitCode, output, id, stored: readRun(join(project, 'reports', id)) };
}

/** Ids of everything on the engine that carries the run's label. */
function leftOf({ id }: CommandRun): string {
  const label = `label=relay-chaos.run=${id}`;
  return [
    ['ps', '-aq'],
    ['network', 'ls', '-q'],
    ['volume', 'ls', '-q'],
  ]
    .map((kind) => execFileSync('docker', [...kind, '--filter', label], { encoding: 'utf8' }))
    .join('');
}

const scenario = loadScenario('S-CONC-01', join(project, 'scenarios/sync/S-CONC-01-simultaneous-push.yml'));

/** The verdict on the same record if no canary had been found: what a system of its kind that encrypts would get. */
function ifSealed(record: TrialRecord): Judgement {
  const searches = record.collected.searches.map((search) => ({ ...search, hits: [] }));
  const { invariants, reactions, proofs } = scenario.variants.find(({ name }) => name === record.variant)!;
  const sealed = { ...record, collected: { ...record.collected, searches } };
  return judgeTrial(judgeRecord(sealed, [...invariants, ...reactions, ...proofs]), record.entries);
}

/** Beside other work the tester's own timers may be late; that is said, and is no verdict on the system. */
function isOfLateTimers({ because }: NamedFinding): boolean {
  return because.startsWith('machine too busy');
}

function expectVerdict({ verdict, findings }: Judgement, expected: TrialVerdict): void {
  expect(findings.filter((one) => one.verdict === 'unknown' && !isOfLateTimers(one))).toEqual([]);
  expect(verdict).toBe(findings.some(isOfLateTimers) ? 'error' : expected);
}

const runs: CommandRun[] = [];
afterAll(() => {
  for (const { id } of runs) rmSync(join(project, 'reports', id), { recursive: true });
});

describe('S-CONC-01 on a system that shares nothing with the reference', () => {
  let run: CommandRun;
  let record: TrialRecord;
  let findings: readonly NamedFinding[];
  beforeAll(async () => {
    run = await chaos('--iterations', '2', '--keep-evidence');
    runs.push(run);
    const [iteration] = run.stored.iterations;
    record = iteration!.records[0]!.record;
    findings = iteration!.iteration.trials[0]!.findings;
  }, 120_000);

  const finding = (check: string) => findings.find((one) => one.check === check)!;

  test('a variant that needs what it lacks is not run, with the reason, and the other one is', () => {
    const [result] = run.stored.result.scenarios;
    expect(result!.notRun).toEqual([{ variant: 'first-blob', because: 'the system cannot: cursor' }]);
    expect(result!.iterations.map(({ index, variant }) => [index, variant])).toEqual([[1, 'seeded']]);
    expect(run.output).toContain('not-run  S-CONC-01 first-blob: the system cannot: cursor');
  });

  test('that it encrypts nothing turns no-plaintext red, with what was read, and where', () => {
    expect(run.exitCode).toBe(1);
    expect(run.stored.result.scenarios[0]!.iterations[0]!.trials[0]!.deciding).toEqual(['no-plaintext']);
    const sources = record.collected.searches
      .filter(({ hits }) => hits.some(({ canary }) => canary === 'content'))
      .map(({ source }) => source);
    expect(sources.toSorted()).toEqual(['capture:node-a', 'capture:node-b', 'capture:relay', 'relay:items.txt']);
    expect(finding('no-plaintext').witnesses?.join('\n')).toMatch(/content in relay:items\.txt at \d+ \(raw\)/);
  });

  test('no-data-loss is judged from what the nodes answer, and holds', () => {
    expect(record.nodes.map((node) => record.collected.nodes[node]!.itemsFrom)).toEqual(['answer', 'answer']);
    expect(finding('no-data-loss')).toMatchObject({ verdict: 'valid' });
    expect(finding('no-data-loss').because).toContain('180 accepted pushes');
    expect(finding('no-silent-corruption')).toMatchObject({ verdict: 'valid' });
    expect(finding('no-silent-corruption').because).toContain('180 plaintexts compared on node-b');
  });

  test.each([
    ['outstanding-kept', 'outstanding items'],
    ['distinct-cursors', 'cursors'],
    ['ack-cursor-is-stored-cursor', 'cursors'],
    ['author-order-kept', 'order of cursors'],
  ])('%s needs evidence that it cannot give, and is not run', (check, clause) => {
    expect(finding(check)).toMatchObject({ verdict: 'not-run' });
    expect(finding(check).because).toContain(`not run: ${clause}`);
  });

  test.each([
    ['no-data-loss', ['sequence numbers']],
    ['no-silent-corruption', ['payloads at the relay', 'content chunks']],
    ['no-plaintext', ['databases', 'pages', 'frames inside the sessions']],
    ['converges', ['version vectors', 'full rescans of node-a', 'full rescans of node-b', 'collections']],
    ['no-metadata-leak', ['closed list of log events', 'pages']],
    ['health', ['statistics of the relay', 'integrity of databases']],
  ])('%s is judged on the rest, and lists the clauses that are not run', (check, clauses) => {
    expect(finding(check).verdict).toBe(check === 'no-plaintext' ? 'invalid' : 'valid');
    const listed = /not run: (.*)$/.exec(finding(check).because)?.[1]?.split(/, (?![^(]*\))/) ?? [];
    expect(listed.map((clause) => clause.replace(/ \(.*$/, ''))).toEqual(clauses);
  });

  test('its fault is proven from outside, although no record of it can be told apart', () => {
    expect(finding('overlapping-pushes')).toMatchObject({ verdict: 'valid' });
  });

  test('what it lacks by its manifest is nowhere unknown: if it encrypted, it would pass', () => {
    expectVerdict(ifSealed(record), 'pass');
  });

  test('the line to run it again names the system', () => {
    expect(run.output).toContain('--variant seeded --arena docker --system test/foreign-system');
  });

  test('nothing is left of it', () => {
    expect(leftOf(run)).toBe('');
  });
});

test('disarmed, the fault is not proven: if it encrypted, it would be inert', async () => {
  const run = await chaos('--iteration', '1', '--variant', 'seeded', '--disarm', '--keep-evidence');
  runs.push(run);
  const { iteration, records } = run.stored.iterations[0]!;
  const proof = iteration.trials[0]!.findings.find(({ check }) => check === 'overlapping-pushes');
  expect(proof).toMatchObject({ verdict: 'invalid' });
  expectVerdict(ifSealed(records[0]!.record), 'inert');
  expect(leftOf(run)).toBe('');
});
