import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefused, projectFolder, Workplace } from './chaos-command.test-support.ts';

/** Each case is a process of its own, and the machine may be busy. */
const timeoutMs = 60_000;
const usage = 3;
const environment = 2;

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

interface Refused {
  readonly what: string;
  readonly words: readonly string[];
  readonly says: RegExp;
}

describe('words that mean nothing', () => {
  const here = ['S-CONC-01', '--arena', 'simulator'];

  test.each<Refused>([
    { what: 'no command', words: ['runn'], says: /unknown command 'runn' \(Did you mean run\?\); --help/ },
    {
      what: 'no option',
      words: ['run', '--itrations', '3'],
      says: /unknown option '--itrations' \(Did you mean --iterations\?\)/,
    },
    { what: 'no ID', words: ['show'], says: /missing required argument 'id'/ },
    { what: 'one ID too many', words: ['show', 'S-CONC-01', 'T-LOSS-02'], says: /too many arguments for 'show'/ },
    { what: 'no such ID', words: ['run', 'S-CNC-01'], says: /got "S-CNC-01" \(did you mean "S-CONC-01"\?\)/ },
    { what: 'no such ID to show', words: ['show', 'T-LOSS-2'], says: /got "T-LOSS-2" \(did you mean "T-LOSS-02"\?\)/ },
    { what: 'no such ID to prove', words: ['prove', 'nope'], says: /expected an ID, a pattern.*got "nope"/ },
    {
      what: 'nothing of the smoke set',
      words: ['run', '--smoke', 'S-SM-02', '--arena', 'simulator'],
      says: /--smoke: expected scenarios of the smoke set, got none/,
    },
    { what: 'nothing to sweep', words: ['sweep', 'T-LOSS-02'], says: /T-LOSS-02 enumerates nothing/ },
    {
      what: 'no such defect to sweep with',
      words: ['sweep', 'S-SM-04', '--defect', 'vector-written-latr'],
      says: /--defect: expected one of .*got "vector-written-latr" \(did you mean "vector-written-later"\?\)/,
    },
    {
      what: 'a sweep in containers',
      words: ['sweep', 'S-CONC-01', '--arena', 'docker'],
      says: /sweep requires --arena simulator/,
    },
    {
      what: 'a point that does not exist',
      words: ['sweep', 'T-CONN-03', '--arena', 'simulator', '--point', '21'],
      says: /--point: expected one of the 20 points of T-CONN-03, got 21/,
    },
    {
      what: 'a point that is no number',
      words: ['sweep', 'T-CONN-03', '--point', 'last'],
      says: /--point.*expected a whole number such as 7/,
    },
    {
      what: 'a point before the first',
      words: ['sweep', 'T-CONN-03', '--point', '0'],
      says: /--point.*expected a whole number of at least 1/,
    },
    {
      what: 'a point of several',
      words: ['sweep', 'T-CONN-03', 'S-SM-04', '--point', '1'],
      says: /--point: expected one scenario, got 2/,
    },
    {
      what: 'a point of orders',
      words: ['sweep', 'S-CONC-01', '--point', '1'],
      says: /--point: S-CONC-01 enumerates orders, which are run all or none/,
    },
    {
      what: 'no such defect to sweep',
      words: ['sweep', 'T-CONN-03', '--defect', 'ack-before-comit'],
      says: /--defect: expected one of .*did you mean "ack-before-commit"/,
    },
    {
      what: 'no such variant',
      words: ['run', ...here, '--variant', 'sedeed'],
      says: /--variant: expected one of first-blob, seeded, got "sedeed" \(did you mean "seeded"\?\)/,
    },
    {
      what: 'a variant of none of several',
      words: ['run', 'E-HS-01', ...here, '--variant', 'sedeed'],
      says: /--variant: expected one of cut-after-m1, .*seeded, got "sedeed" \(did you mean "seeded"\?\)/,
    },
    {
      what: 'no such variant to prove',
      words: ['prove', ...here, '--variant', 'nope'],
      says: /--variant: expected one of first-blob, seeded, got "nope"/,
    },
    {
      what: 'no such defect',
      words: ['run', ...here, '--defect', 'first-cursor-zro'],
      says: /--defect: expected one of .*, got "first-cursor-zro" \(did you mean "first-cursor-zero"\?\)/,
    },
    {
      what: 'a defect that is not planted there',
      words: ['prove', ...here, '--defect', 'item-stored-twice'],
      says: /--defect: expected one of cursor-in-two-statements, first-cursor-zero, got "item-stored-twice"/,
    },
    {
      what: 'no such defect of a system that is the reference by another path',
      words: ['run', ...here, '--system', 'systems/reference', '--defect', 'first-cursor-zro'],
      says: /--defect: expected one of .*, got "first-cursor-zro" \(did you mean "first-cursor-zero"\?\)/,
    },
    { what: 'no such arena', words: ['run', '--arena', 'moon'], says: /Allowed choices are auto, docker, simulator/ },
    { what: 'no such image', words: ['run', '--image', 'best'], says: /Allowed choices are test, release/ },
    {
      what: 'no such reporter',
      words: ['run', '--reporter', 'html,morse'],
      says: /expected some of terminal, json, junit, summary, html, got "morse"/,
    },
    { what: 'no iterations', words: ['run', '--iterations', '0'], says: /'0' is invalid\. expected a whole number of/ },
    { what: 'a negative number', words: ['run', '--iterations', '-1'], says: /expected a whole number such as 7/ },
    {
      what: 'an iteration before the first',
      words: ['run', ...here, '--iteration', '-1'],
      says: /'-1' is invalid\. expected a whole number such as 7, at most 999999/,
    },
    {
      what: 'an iteration by name',
      words: ['run', ...here, '--iteration', 'last'],
      says: /'last' is invalid\. expected a whole number such as 7, at most 999999/,
    },
    {
      what: 'an iteration that no run reaches',
      words: ['run', ...here, '--iteration', '1000000'],
      says: /'1000000' is invalid\. expected a whole number such as 7, at most 999999/,
    },
    {
      what: 'an iteration beyond those asked for',
      words: ['run', ...here, '--iteration', '3', '--iterations', '3'],
      says: /--iteration: expected one of the 3 that --iterations asks for, from 0 to 2, got 3/,
    },
    { what: 'a seed in decimal', words: ['run', '--seed', '12'], says: /up to 64 bits in hex, such as 0x5eed/ },
    { what: 'a time without unit', words: ['run', '--timeout', '5'], says: /a duration such as "90s" or "30m"/ },
    { what: 'a part of fewer', words: ['run', '--shard', '5/4'], says: /expected a part and how many.*such as 2\/4/ },
    { what: 'no workers', words: ['run', '--workers', '0'], says: /expected a whole number of at least 1/ },
    {
      what: 'a run that goes on as something else',
      words: ['run', 'S-CONC-01', '--resume', 'x', '--last-failed', '--seed', '0x1'],
      says: /--resume: takes everything .* nothing else beside it, got S-CONC-01 --seed --last-failed/,
    },
    {
      what: 'failures of no run',
      words: ['run', '--last-failed'],
      says: /--last-failed: expected a run in .*, got none/,
    },
    { what: 'a trend of no run', words: ['trend'], says: /trend: expected a run that ended in .*, got none/ },
    { what: 'a trend of no such ID', words: ['trend', 'S-CNC-01'], says: /\(did you mean "S-CONC-01"\?\)/ },
    { what: 'nothing new', words: ['new'], says: /missing required argument 'id'/ },
    {
      what: 'a new one that is built',
      words: ['new', 'S-CONC-01'],
      says: /new: expected a scenario that is not built, got S-CONC-01: scenarios\/sync\/S-CONC-01-simultaneous-push\.yml/,
    },
    { what: 'several new ones', words: ['new', 'E-*'], says: /new: expected the ID of one scenario, got "E-\*"/ },
    { what: 'a new one without a row', words: ['new', 'E-HS-1'], says: /got "E-HS-1" \(did you mean "E-HS-01"\?\)/ },
    { what: 'nothing to join', words: ['merge'], says: /missing required argument 'run'/ },
    { what: 'no topology of that name', words: ['up', 'ring'], says: /topology: expected one of "pair".*got "ring"/ },
    {
      what: 'half a place',
      words: ['repro', 'S-CONC-01/3'],
      says: /expected <run>\/<ID>\/<iteration>, got "S-CONC-01\/3"/,
    },
  ])(
    '$what: $words',
    async ({ words, says }) => {
      const takesReports = ['run', 'prove', 'sweep', 'repro', 'trend'].includes(words[0]!);
      expectRefused(await place.chaos([...words, ...(takesReports ? ['--reports', place.reports] : [])]), usage, says);
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'a defect in an image that has none, which only the arena can tell: refused, and the folder of the run is gone',
    async () => {
      const words = ['run', ...here, '--defect', 'first-cursor-zero', '--image', 'release', '--reports', place.reports];
      const { code, stderr } = await place.chaos(words);
      expect({ code, stderr }).toEqual({ code: usage, stderr: expect.stringMatching(/^chaos: defects: [^\n]+\n$/) });
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'several wrong words are told at once',
    async () => {
      const ended = await place.chaos(['run', 'S-CNC-01', 'T-LOSS-2', '--reports', place.reports]);
      expectRefused(ended, usage, /got "S-CNC-01"/, /got "T-LOSS-2"/);
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );
});

describe('a scenario file', () => {
  const file = 'sync/S-CONC-01-simultaneous-push.yml';

  /** A copy of the project's scenarios, one text in one file replaced. */
  function scenariosWith(name: string, from: string | RegExp, to: string): string {
    const folder = join(place.folder, 'scenarios');
    cpSync(join(projectFolder, 'scenarios'), folder, { recursive: true });
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    return folder;
  }

  test.each([
    {
      what: 'is no YAML',
      from: 'topology: pair',
      to: 'topology: [pair',
      says: [/yml:6:1: expected YAML, got Flow sequence/],
    },
    {
      what: 'names an anchor that is not there',
      from: 'topology: pair',
      to: 'topology: *one',
      says: [/Unresolved alias/],
    },
    { what: 'is empty', from: /[\s\S]*/, to: '', says: [/yml:1 \(whole file\): expected object, got null/] },
    {
      what: 'has a word for a number',
      from: 'iterations: 25',
      to: 'iterations: lots',
      says: [/:6 iterations: expected number, got "lots"/],
    },
    {
      what: 'has an unknown fault',
      from: 'kind: latency',
      to: 'kind: latenzy',
      says: [
        /:15 faults\[0\]\.kind: expected one of the faults: .*"latency".*\(did you mean "latency"\?\), got "latenzy"/,
      ],
    },
    {
      what: 'has an unknown step',
      from: '- barrier-push:',
      to: '- barier-push:',
      says: [/:18 load\[0\]: expected one of the steps: .*\(did you mean "barrier-push"\?\)/],
    },
    {
      what: 'has an unknown check',
      from: '- author-order-kept',
      to: '- author-order',
      says: [/:\d+ invariants\[2\]: expected one of the checks.*got "author-order"/],
    },
    {
      what: 'has a time without unit',
      from: 'delay: 20ms',
      to: 'delay: 20',
      says: [/:15 faults\[0\]\.delay: expected a duration such as "250ms", "30s" or "5m", got 20/],
    },
    {
      what: 'has a node that its topology lacks',
      from: 'link: [node-a, node-b]',
      to: 'link: [node-a, node-c]',
      says: [/:15 faults\[0\]\.link\[1\]: expected one of the nodes of pair: "node-a", "node-b" .*got "node-c"/],
    },
    {
      what: 'plants a defect that the system does not have',
      from: 'defect: first-cursor-zero',
      to: 'defect: first-cursor-zro',
      says: [
        /planted\[\d+\]\.defect: expected one of .*\(did you mean "first-cursor-zero"\?\), got "first-cursor-zro"/,
      ],
    },
    {
      what: 'differs from the catalogue',
      from: 'iterations: 25',
      to: 'iterations: 24',
      says: [/iterations: expected 25 as in the catalogue, got 24/],
    },
    {
      what: 'has two things wrong',
      from: /topology: pair\niterations: 25/,
      to: 'topology: ring\niterations: 0',
      says: [/:5 topology: expected one of .*got "ring"/, /:6 iterations: expected number above 0, got 0/],
    },
  ])(
    'that $what',
    async ({ from, to, says }) => {
      const scenarios = scenariosWith(file, from, to);
      const words = ['run', 'S-CONC-01', '--arena', 'simulator', '--scenarios', scenarios, '--reports', place.reports];
      expectRefused(await place.chaos(words), usage, ...says);
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'of the standing defects that is wrong is told before anything runs',
    async () => {
      const scenarios = scenariosWith('standing-defects.yml', 'caught-by: health', 'caught-by: helth');
      const words = [
        'prove',
        '--only-standing',
        '--arena',
        'simulator',
        '--scenarios',
        scenarios,
        '--reports',
        place.reports,
      ];
      expectRefused(
        await place.chaos(words),
        usage,
        /standing-defects\.yml:\d+ .*\(did you mean "health"\?\), got "helth"/,
      );
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test.each(['list', 'show S-CONC-01', 'bench'])(
    'that is not there: %s',
    async (words) => {
      const ended = await place.chaos([...words.split(' '), '--scenarios', join(place.folder, 'nowhere')]);
      expectRefused(
        ended,
        usage,
        /: \/\S+\/nowhere\/catalogue\.yml: expected the catalogue of a folder of scenarios, got no such file; see scenarios for one/,
      );
    },
    timeoutMs,
  );
});

describe('a system', () => {
  const run = (folder: string) =>
    place.chaos(['run', 'S-CONC-01', '--system', folder, '--arena', 'simulator', '--reports', place.reports]);

  test(
    'without a manifest',
    async () => {
      expectRefused(
        await run('/nowhere'),
        usage,
        /\/nowhere\/system\.yml: expected a system's manifest, got no such file/,
      );
      expectRefused(await place.chaos(['up', 'pair', '--system', '/nowhere']), usage, /expected a system's manifest/);
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'whose manifest is wrong in several places',
    async () => {
      const folder = join(place.folder, 'system');
      mkdirSync(folder, { recursive: true });
      const text = readFileSync(join(projectFolder, 'systems/reference/system.yml'), 'utf8');
      const wrong = text
        .replace('- live', '- fly')
        .replace('"relay-chaos/relay:test"', 'Relay Test')
        .replace('port: 7000', 'port: seven')
        .replace('transport: tcp', 'transport: udp');
      writeFileSync(join(folder, 'system.yml'), wrong);
      expectRefused(
        await run(folder),
        usage,
        /system\.yml:6 can\[0\]: expected one of "live".*got "fly"/,
        /images\.test\.relay: expected an image such as "my-relay:1\.0", got "Relay Test"/,
        /relay\.port: expected number, got "seven"/,
        /relay\.transport: expected "tcp", got "udp"/,
      );
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'that the simulator does not know',
    async () => {
      expectRefused(
        await run(join(projectFolder, 'test/foreign-system')),
        usage,
        /--system: expected the reference system with --arena simulator.*other systems run in containers/,
      );
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );
});

describe('a machine that does not do its part', () => {
  test.each([
    ['run', 'S-CONC-01', '--arena', 'docker'],
    ['prove', 'S-CONC-01', '--arena', 'docker'],
    ['bench', '--arena', 'docker'],
    ['up', 'pair'],
    ['down', '20261121-101500-3fa9'],
    ['clean'],
    ['images'],
  ])(
    'no engine: %s',
    async (...words) => {
      const takesReports = ['run', 'prove'].includes(words[0]!);
      const ended = await place.chaos([...words, ...(takesReports ? ['--reports', place.reports] : [])], {
        env: { DOCKER_HOST: `unix://${place.folder}/no-engine.sock` },
      });
      expectRefused(
        ended,
        environment,
        /no Docker engine answers.*npm run engine|none answers.*start Docker, or run: npm run engine/,
      );
      expect(place.runs()).toEqual([]);
    },
    timeoutMs,
  );

  test(
    'no such defect is told before an engine is asked to bring it up',
    async () => {
      const ended = await place.chaos(['up', 'pair', '--defect', 'ack-befor-commit'], {
        env: { DOCKER_HOST: `unix://${place.folder}/no-engine.sock` },
      });
      expectRefused(ended, usage, /--defect: expected one of .*\(did you mean "ack-before-commit"\?\)/);
    },
    timeoutMs,
  );

  test(
    'no engine: doctor says so, and how to get one',
    async () => {
      const env = { DOCKER_HOST: `unix://${place.folder}/no-engine.sock` };
      const { code, stdout, stderr } = await place.chaos(['doctor'], { env });
      expect({ code, stderr }).toEqual({ code: environment, stderr: '' });
      expect(stdout).toMatch(/MISSING container engine +none answers\n +start it, or install one with: npm run engine/);
    },
    timeoutMs,
  );

  test(
    'a file where the reports should be',
    async () => {
      const file = join(place.folder, 'file');
      writeFileSync(file, 'mine');
      for (const reports of [file, join(file, 'below')]) {
        const ended = await place.chaos(['run', 'S-CONC-01', '--arena', 'simulator', '--reports', reports]);
        expectRefused(
          ended,
          usage,
          /--reports: expected a folder, or a place for one, got ".*"; ".*\/file" is none; name a folder that this user/,
        );
      }
      expect(readFileSync(file, 'utf8')).toBe('mine');
    },
    timeoutMs,
  );

  test(
    'no folder can be made where the reports should be',
    async () => {
      const ended = await place.chaos(['run', 'S-CONC-01', '--arena', 'simulator', '--reports', '/proc/nope/below']);
      expectRefused(
        ended,
        usage,
        /--reports: expected .* got "\/proc\/nope\/below"; ENOENT: .* mkdir '\/proc\/nope'; name a folder that this user/,
      );
    },
    timeoutMs,
  );

  test(
    'Node too old',
    async () => {
      const older = join(place.folder, 'older.mjs');
      writeFileSync(older, "Object.defineProperty(process.versions, 'node', { value: '20.19.0' });\n");
      const ended = await place.chaos(['list'], { nodeWords: ['--import', older] });
      expectRefused(ended, usage, /Node 20\.19\.0 is too old, 24\.7 or later is needed; run it as `npm run chaos/);
    },
    timeoutMs,
  );
});

describe('a stored run', () => {
  let run: string;
  let history: string;
  beforeAll(async () => {
    const words = ['run', 'S-CONC-01', '--arena', 'simulator', '--iterations', '1', '--reports', place.reports];
    expect((await place.chaos(words)).code).toBe(0);
    [run] = place.runs() as [string];
    history = join(place.reports, run, 'history.jsonl');
  }, timeoutMs);

  const commands = ['recheck', 'report', 'repro'] as const;
  const command = (name: (typeof commands)[number], of = run) =>
    place.chaos([name, name === 'repro' ? `${of}/S-CONC-01/0` : of, '--reports', place.reports]);

  test.each(commands)(
    'that does not exist: %s',
    async (name) => {
      expectRefused(
        await command(name, '20261121-101500-3fa9'),
        usage,
        /expected the ID of a run in .* or the path of its folder, got "20261121-101500-3fa9"/,
      );
    },
    timeoutMs,
  );

  test(
    'that has no such iteration',
    async () => {
      const ended = await place.chaos(['repro', `${run}/S-CONC-01/7`, '--reports', place.reports]);
      expectRefused(ended, usage, /repro: expected one of S-CONC-01\/0 in run .*, got "S-CONC-01\/7"/);
    },
    timeoutMs,
  );

  test(
    'that passed is never judged broken for evidence that was not kept',
    async () => {
      const { code, stdout, stderr } = await command('recheck');
      expect({ code, stderr }).toEqual({ code: environment, stderr: '' });
      expect(stdout).toMatch(/S-CONC-01 iteration 0 first-blob: error, was pass \(its evidence was reduced/);
    },
    timeoutMs,
  );

  describe('whose history was', () => {
    let whole: Buffer;
    beforeAll(() => {
      whole = readFileSync(history);
    });
    const restore = () => writeFileSync(history, whole);

    test(
      'torn in its last line is read up to there',
      async () => {
        truncateSync(history, whole.length - 10);
        for (const name of commands) {
          const { code, stderr } = await command(name);
          expect({ code, stderr }).toEqual({ code: name === 'recheck' ? environment : 0, stderr: '' });
        }
        restore();
      },
      timeoutMs,
    );

    test.each([
      {
        what: 'torn before its first line ends',
        name: 'recheck',
        damage: () => truncateSync(history, 100),
        says: /a run's start, got none/,
      },
      { what: 'emptied', name: 'report', damage: () => truncateSync(history, 0), says: /a run's start, got none/ },
      {
        what: 'torn in the middle',
        name: 'repro',
        damage: () => {
          const [first, second, ...rest] = whole.toString('utf8').split('\n') as [string, string, ...string[]];
          writeFileSync(history, [first, second.slice(0, 3000), ...rest].join('\n'));
        },
        says: /history\.jsonl:2: expected a line of JSON/,
      },
      {
        what: 'added to',
        name: 'recheck',
        damage: () => appendFileSync(history, 'null\n'),
        says: /expected lines of the kinds started/,
      },
    ] as const)(
      '$what: $name',
      async ({ name, damage, says }) => {
        damage();
        try {
          expectRefused(await command(name), environment, says);
        } finally {
          restore();
        }
      },
      timeoutMs,
    );
  });
});

test(
  'an interrupt ends a run in order: 130, and whole lines in its folder',
  async () => {
    const reports = join(place.folder, 'interrupted');
    let told = false;
    const ended = await place.chaos(['run', 'T-LOSS-02', '--arena', 'simulator', '--reports', reports], {
      onOutput: (stdout, signal) => {
        if (told || !stdout.includes('pass     T-LOSS-02 #0')) return;
        told = true;
        signal('SIGINT');
      },
    });
    expect(ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^\nchaos: interrupted, cleaning up [^\n]*\n$/),
    });
    const [run] = readdirSync(reports) as [string];
    const lines = readFileSync(join(reports, run, 'history.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).kind).slice(0, 2)).toEqual(['started', 'iteration']);
    const report = await place.chaos(['report', run, '--reports', reports]);
    expect({ code: report.code, stderr: report.stderr }).toEqual({ code: 0, stderr: '' });
  },
  timeoutMs,
);
