import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * Who may import whom. Arrows point from importer to imported; nothing imports upward. Changing the table is allowed,
 * with a reason beside the line; src/README.md shows the same as a map.
 *
 * `ours`: folders below src. `packages`: npm packages and `node:` modules; `node:` alone allows all of them.
 */
const table: Record<string, { ours: readonly string[]; packages: readonly string[] }> = {
  support: { ours: [], packages: [] },
  contract: { ours: ['support'], packages: ['zod'] },
  'sut/core': {
    ours: ['contract', 'support'],
    // Deterministic functions only: random bytes, coins and time come in as arguments.
    packages: ['node:crypto', '@noble/*', '@msgpack/msgpack'],
  },
  'sut/io': {
    ours: ['sut/core', 'contract', 'support'],
    packages: [
      'node:net',
      'node:http',
      'node:fs',
      'node:path',
      'node:sqlite',
      'node:crypto',
      'node:os',
      'prom-client',
      'smol-toml',
    ],
  },
  // The configuration is checked with zod, the node's command line is read with commander.
  'sut/relay': { ours: ['contract', 'sut/core', 'sut/io', 'support'], packages: ['zod'] },
  'sut/node': { ours: ['contract', 'sut/core', 'sut/io', 'support'], packages: ['zod', 'commander'] },
  'sut/defects': { ours: ['sut/*', 'contract', 'support'], packages: ['node:'] },
  // `collect` hands over the record's types.
  'harness/topology': { ours: ['harness/history', 'contract', 'support'], packages: [] },
  'harness/sidecars': { ours: ['contract', 'support'], packages: ['node:'] },
  'harness/docker': {
    ours: ['harness/topology', 'harness/evidence', 'harness/history', 'harness/sidecars', 'contract', 'support'],
    packages: ['dockerode', 'testcontainers', 'toxiproxy-node-client', 'p-retry', 'node:'],
  },
  'harness/simulator': {
    ours: [
      'harness/topology',
      'harness/evidence',
      'harness/history',
      'harness/sidecars',
      'contract',
      'support',
      'sut/*',
    ],
    packages: ['node:sqlite', 'node:crypto', 'node:v8'],
  },
  // What a fault does while it lasts is written into the history.
  'harness/faults': { ours: ['harness/topology', 'harness/history', 'contract', 'support'], packages: ['zod'] },
  // A trigger looks at the trial's history and at what passes the topology.
  'harness/triggers': { ours: ['harness/topology', 'harness/history', 'contract', 'support'], packages: ['zod'] },
  // Steps work on nodes and write into the history; a load waits for the same moments that set off faults.
  'harness/workload': {
    ours: ['harness/topology', 'harness/triggers', 'harness/history', 'contract', 'support'],
    packages: ['zod'],
  },
  'harness/history': { ours: ['contract', 'support'], packages: [] },
  'harness/evidence': {
    ours: ['harness/history', 'contract', 'support'],
    packages: ['node:fs', 'node:zlib', 'node:crypto', '@noble/*'],
  },
  'harness/checkers': { ours: ['harness/history', 'contract', 'support'], packages: ['zod'] },
  'harness/defects': { ours: ['harness/checkers', 'harness/history', 'contract', 'support'], packages: [] },
  'harness/scenario': {
    ours: [
      'harness/faults',
      'harness/triggers',
      'harness/workload',
      'harness/checkers',
      'harness/topology',
      'contract',
      'support',
    ],
    packages: ['yaml', 'zod', 'fastest-levenshtein', 'node:fs', 'node:path'],
  },
  // `runner/results.ts` is the interface between runner and reporters.
  'harness/reporters': {
    ours: ['harness/runner', 'harness/history', 'harness/checkers', 'support'],
    packages: ['chalk', 'uplot', 'junit-report-builder', 'node:fs', 'node:path', 'node:module', 'node:url'],
  },
  'harness/runner': {
    ours: [
      'harness/scenario',
      'harness/topology',
      'harness/faults',
      'harness/triggers',
      'harness/workload',
      'harness/history',
      'harness/checkers',
      'harness/evidence', // Digests.
      'harness/defects', // `prove` runs the tester's own defects.
      'contract',
      'support',
    ],
    packages: [],
  },
  // A kept baseline is checked with zod before it is believed.
  'harness/cli': { ours: ['harness/*', 'support', 'contract'], packages: ['chalk', 'commander', 'zod', 'node:'] },
};

/** Folders where one file is the door to the machine and may use every `node:` module. */
const doors = new Set(['sut/relay/main.ts', 'sut/node/main.ts']);

const root = import.meta.dirname;

describe('import rules', () => {
  test('every folder has its line in the table', () => {
    expect(folders()).toEqual(Object.keys(table).toSorted());
  });

  test('nothing imports what its line does not allow', () => {
    expect(sources().flatMap(strays)).toEqual([]);
  });

  test('only the simulator reaches the system', () => {
    const reaching = sources().filter(
      (file) =>
        file.startsWith('harness/') &&
        importsOf(file).some((name) => folderOf(resolved(file, name))?.startsWith('sut/')),
    );
    expect(reaching.filter((file) => !file.startsWith('harness/simulator/'))).toEqual([]);
  });

  test('the core and what the simulator runs never ask the machine for time or chance', () => {
    const forbidden =
      /\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\brandomBytes\(|\brandomUUID\(|\bnew Date\(\)/;
    const watched = [
      'sut/core/',
      'sut/relay/',
      'sut/node/',
      'harness/runner/',
      'harness/workload/',
      'harness/faults/',
      'harness/checkers/',
      'harness/history/',
      'harness/evidence/',
      'harness/simulator/',
    ];
    const guilty = sources()
      .filter((file) => watched.some((folder) => file.startsWith(folder)) && !doors.has(file))
      .filter((file) => forbidden.test(withoutComments(readFileSync(join(root, file), 'utf8'))));
    expect(guilty).toEqual([]);
  });
});

function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('.test') && name.includes('/'))
    .toSorted();
}

function folders(): string[] {
  return [...new Set(sources().map((file) => folderOf(file)!))].toSorted();
}

/** `sut/core/ids.ts` → `sut/core`; null outside src. */
function folderOf(file: string): string | null {
  if (file.startsWith('..')) return null;
  const parts = file.split('/');
  return parts[0] === 'support' || parts[0] === 'contract' ? parts[0] : parts.slice(0, 2).join('/');
}

function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  return [...text.matchAll(/(?:from\s+|import\s+|import\()'([^']+)'/g)].map((match) => match[1]!);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function resolved(file: string, name: string): string {
  return name.startsWith('.') ? posix.normalize(posix.join(dirname(file), name)) : name;
}

function strays(file: string): string[] {
  const folder = folderOf(file)!;
  const line = table[folder];
  if (line === undefined)
    return [`${file}: its folder has no line in the table of ${relative(process.cwd(), import.meta.filename)}`];
  return importsOf(file).flatMap((name) => {
    const isOurs = name.startsWith('.');
    const target = isOurs ? folderOf(resolved(file, name)) : name;
    if (target === folder) return [];
    const allowed = isOurs ? line.ours : doors.has(file) ? [...line.packages, 'node:'] : line.packages;
    return allowed.some((rule) => matches(rule, target ?? '')) ? [] : [`${file} → ${target}`];
  });
}

function matches(rule: string, name: string): boolean {
  if (rule.endsWith(':')) return name.startsWith(rule);
  if (rule.endsWith('/*')) return name.startsWith(rule.slice(0, -1));
  return name === rule;
}
