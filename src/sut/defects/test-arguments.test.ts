import { expect, test } from '@jest/globals';
import { testArguments, testHelp } from './test-arguments.ts';

test.each([
  { args: [], defects: [], hooks: [], rest: [] },
  { args: ['--config', 'x'], defects: [], hooks: [], rest: ['--config', 'x'] },
  {
    args: ['--config', 'x', '--defect', 'one', '--defect=two', '--hooks', 'a,b', '--hooks=c'],
    defects: ['one', 'two'],
    hooks: ['a', 'b', 'c'],
    rest: ['--config', 'x'],
  },
  {
    args: ['control', '--data-dir', '/data', '--defect', 'one'],
    defects: ['one'],
    hooks: [],
    rest: ['control', '--data-dir', '/data'],
  },
])('$args', ({ args, ...expected }) => {
  expect(testArguments(args)).toEqual(expected);
});

test.each([[['--defect']], [['--hooks']], [['--defect=']], [['--hooks', '']]])('%j lacks its name', (args) => {
  expect(() => testArguments(args)).toThrow(`${args[0]!.replace('=', '')}: expected a name, got none`);
});

test('the help names every defect and hook', () => {
  for (const name of ['--defect NAME', '--hooks A,B', 'first-cursor-zero', 'damage-items']) {
    expect(testHelp()).toContain(name);
  }
});
