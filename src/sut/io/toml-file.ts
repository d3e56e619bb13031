import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { messageOf, ScenarioError } from '../../support/errors.ts';

/** The tables of a TOML file. Throws `ScenarioError` naming the file when it cannot be read or is not TOML. */
export function readTomlFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ScenarioError(`${path}: expected a readable TOML file, got ${messageOf(error)}`);
  }
  try {
    return parse(text);
  } catch (error) {
    throw new ScenarioError(`${path}: expected TOML, got ${messageOf(error)}`);
  }
}
