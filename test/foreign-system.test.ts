import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadSystem } from '../src/harness/scenario/load-system.ts';
import { ScenarioError } from '../src/support/errors.ts';

const folder = join(import.meta.dirname, 'foreign-system');

test('a manifest with the least that a system must say is enough, and the rest is said to be absent', () => {
  const image = { relay: 'relay-chaos/base:local', node: 'relay-chaos/base:local' };
  expect(loadSystem(folder)).toEqual({
    name: 'foreign',
    version: '1',
    folder,
    can: ['live', 'ack-relay'],
    images: { test: image, release: image },
    relay: {
      port: 4400,
      transport: 'tcp',
      framing: 'none',
      dataDirectory: '/srv/store',
      pages: null,
      logEvents: null,
      database: null,
    },
    node: { dataDirectory: '/var/lib/client', database: null },
  });
});

describe('a manifest that is wrong', () => {
  let copy = '';
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'foreign-system-'));
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  /** The problems of the manifest after each replacement was made in it. */
  function problemsAfter(...replacements: readonly (readonly [string, string])[]): readonly string[] {
    let text = readFileSync(join(folder, 'system.yml'), 'utf8');
    for (const [from, to] of replacements) {
      expect(text).toContain(from);
      text = text.replace(from, to);
    }
    writeFileSync(join(copy, 'system.yml'), text);
    return problemsOf(() => loadSystem(copy));
  }

  function problemsOf(load: () => unknown): readonly string[] {
    try {
      load();
    } catch (error) {
      if (error instanceof ScenarioError) return error.problems;
      throw error;
    }
    return [];
  }

  /** The line of the text in the manifest, from 1. */
  function lineOf(text: string): number {
    const lines = readFileSync(join(copy, 'system.yml'), 'utf8').split('\n');
    return lines.findIndex((line) => line.includes(text)) + 1;
  }

  test('tells all of its problems at once, each with file, line, what was expected and what was found', () => {
    const problems = problemsAfter(
      ['name: foreign', 'name: Foreign System'],
      ['- ack-relay', '- ack-rellay'],
      ['port: 4400', 'port: 99999'],
      ['transport: tcp', 'transport: carrier-pigeon'],
      ['framing: none', 'framing: none\n  colour: blue'],
      ['dataDirectory: /var/lib/client', 'dataDirectory: data'],
    );
    const at = (text: string, rest: string) => `${copy}/system.yml:${lineOf(text)} ${rest}`;
    expect([...problems].sort()).toEqual(
      [
        at('Foreign System', 'name: expected a name of lower-case letters, digits and "-", got "Foreign System"'),
        expect.stringMatching(
          new RegExp(
            `^${copy}/system.yml:${lineOf('ack-rellay')} can\\[1\\]: .*did you mean "ack-relay".*"ack-rellay"$`,
          ),
        ),
        at('99999', 'relay.port: expected number of at most 65535, got 99999'),
        at('carrier-pigeon', 'relay.transport: expected "tcp", got "carrier-pigeon"'),
        at('colour', 'relay.colour: expected no such field, got "colour"'),
        at('dataDirectory: data', 'node.dataDirectory: expected an absolute path, got "data"'),
      ].sort(),
    );
  });

  test('tells what is missing', () => {
    const problems = problemsAfter(['version: "1"\n', ''], ['  port: 4400\n', '']);
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toMatch(
      / version: expected string, got nothing\n.* relay.port: expected number, got nothing/,
    );
  });

  test('that is no YAML is told with line and column', () => {
    const [problem] = problemsAfter(['images:', 'images: [']);
    expect(problem).toMatch(new RegExp(`^${copy}/system.yml:\\d+:\\d+: expected YAML, got `));
  });

  test('in a folder without one names the file that was looked for', () => {
    expect(problemsOf(() => loadSystem(join(copy, 'nowhere')))).toEqual([
      `${copy}/nowhere/system.yml: expected a system's manifest, got no such file; see systems/reference for one`,
    ]);
  });
});
