import { ScenarioError } from '../../support/errors.ts';
import { defects, hooks } from './registry.ts';

/** The command line of a test image: its own options, and the rest as the release image has it. */
export interface TestArguments {
  readonly defects: readonly string[];
  readonly hooks: readonly string[];
  readonly rest: readonly string[];
}

/** Takes `--defect NAME` (any number of them) and `--hooks A,B` out of the arguments. Throws ScenarioError. */
export function testArguments(args: readonly string[]): TestArguments {
  const defectNames: string[] = [];
  const hookNames: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const [option, inline] = splitOnce(args[index]!);
    if (option !== '--defect' && option !== '--hooks') {
      rest.push(args[index]!);
      continue;
    }
    const value = inline ?? args[++index];
    if (value === undefined || value === '') throw new ScenarioError(`${option}: expected a name, got none`);
    if (option === '--defect') defectNames.push(value);
    else hookNames.push(...value.split(','));
  }
  return { defects: defectNames, hooks: hookNames, rest };
}

/** Goes with the help of the release image. */
export function testHelp(): string {
  const lines = (all: typeof defects | typeof hooks) =>
    Object.values(all).map(({ name, about }) => `  ${name}\n      ${about}\n`);
  return [
    '\nThe test image adds:\n',
    '  --defect NAME   plant a defect (repeatable); one that is of the other program changes nothing here\n',
    '  --hooks A,B     offer test hooks\n',
    '\nDefects:\n',
    ...lines(defects),
    '\nHooks:\n',
    ...lines(hooks),
  ].join('');
}

function splitOnce(argument: string): [string, string | undefined] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}
