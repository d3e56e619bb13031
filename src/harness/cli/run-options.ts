import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { durationMs } from '../../support/duration.ts';
import { reporterNames } from '../reporters/registry.ts';
import { arenaChoices } from './choose-arena.ts';
import { referenceSystem, reportsFolder, scenarioFolder } from './project.ts';

/** Options that `run`, `prove` and `sweep` share, as commander hands them over: what runs, and where. */
export interface PlaceOptions {
  readonly arena: (typeof arenaChoices)[number];
  readonly seed: string;
  readonly system: string;
  readonly scenarios: string;
  readonly reports: string;
  readonly image: 'test' | 'release';
}

/** Options that `run` and `prove` share: how much runs, and what is told of it. */
export interface SharedOptions extends PlaceOptions {
  readonly iterations?: number;
  readonly reporter: readonly string[];
  readonly timeout?: number;
  readonly keepEvidence?: boolean;
  readonly workers?: number;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .addOption(new Option('--arena <arena>', 'where to run').choices(arenaChoices).default('auto'))
    .addOption(
      new Option('--seed <seed>', 'decides every draw, such as 0x5eed').argParser(seed).default(newSeed(), 'random'),
    )
    .option('--system <folder>', 'folder of the system under test', referenceSystem)
    .addOption(scenariosOption())
    .addOption(reportsOption())
    .addOption(new Option('--image <image>', 'image of the system').choices(['test', 'release']).default('test'));
}

export function addSharedOptions(command: Command): Command {
  return addPlaceOptions(command)
    .option('--iterations <n>', 'instead of the scenario’s own number', wholeNumber)
    .addOption(reporterOption())
    .option('--timeout <duration>', 'start no iteration after this long, such as 30m', duration)
    .option('--keep-evidence', 'keep all evidence of passing iterations too');
}

/** For commands that run iterations side by side. */
export function workersOption(): Option {
  return new Option(
    '--workers <n>',
    'iterations side by side (default: by the processors, and in containers the memory, of this host)',
  ).argParser(wholeNumber);
}

/** For commands that run the system with a part that is wrong. */
export function defectOption(): Option {
  return new Option('--defect <name>', 'plant a defect in the system (repeatable)')
    .argParser((name: string, all: readonly string[]) => [...all, name])
    .default([]);
}

/** For every command that reports. */
export function reporterOption(): Option {
  return new Option('--reporter <names>', `reporters, comma separated: ${reporterNames.join(', ')}`)
    .argParser(reporters)
    .default([...reporterNames]);
}

/** For every command that reads scenarios. */
export function scenariosOption(): Option {
  return new Option('--scenarios <folder>', 'folder of the catalogue and its scenarios').default(scenarioFolder);
}

/** For every command that writes or reads what runs leave behind. */
export function reportsOption(): Option {
  return new Option('--reports <folder>', 'folder that holds one folder for each run').default(reportsFolder);
}

const indexMax = 999_999;

/**
 * A whole number from 0. A scenario's own number of iterations bounds none: `--iterations` makes runs longer, and the
 * line that repeats an iteration of one must work.
 */
export function index(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError(`expected a whole number such as 7, at most ${indexMax}`);
  return Number(text);
}

export function wholeNumber(text: string): number {
  const number = index(text);
  if (number === 0) throw new InvalidArgumentError('expected a whole number of at least 1');
  return number;
}

function seed(text: string): string {
  if (!/^0x[0-9a-fA-F]{1,16}$/.test(text))
    throw new InvalidArgumentError('expected up to 64 bits in hex, such as 0x5eed');
  return text.toLowerCase();
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === null) throw new InvalidArgumentError('expected a duration such as "90s" or "30m"');
  return ms;
}

function reporters(text: string): string[] {
  const names = text.split(',');
  const unknown = names.filter((name) => !(reporterNames as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `expected some of ${reporterNames.join(', ')}, got ${JSON.stringify(unknown.join(','))}`,
    );
  }
  return names;
}

function newSeed(): string {
  return `0x${randomBytes(8).toString('hex')}`;
}
