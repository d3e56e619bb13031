import { expect, test } from '@jest/globals';
import { processStruck } from './process-struck.ts';
import {
  beginsFault,
  type Change,
  edit,
  faultFromMs,
  faultToMs,
  insert,
  judged,
  type Row,
  remove,
  told,
  witness,
} from './record.test-support.ts';

interface Seen {
  readonly status: 'running' | 'paused' | 'ended';
  readonly startedAtMs?: number;
  readonly exitCode?: number;
}

/** The record's fault becomes one of `kind`, of which the arena saw this. */
function fault(kind: string, ...seen: readonly Seen[]): Change {
  return (draft) => {
    edit(draft, beginsFault, { name: kind, parameters: { target: 'node-a' } });
    const step = (faultToMs - faultFromMs) / (seen.length + 1);
    for (const [index, { status, startedAtMs = 1000, exitCode = null }] of seen.entries()) {
      const value = { target: 'node-a', status, startedAtMs, endedAtMs: exitCode === null ? null : 11_000, exitCode };
      insert(draft, faultFromMs + step * (index + 1), witness('process', value, 0));
    }
  };
}

const again = { status: 'running', startedAtMs: 12_000 } as const;

/** A process was killed when a trigger had fired that saw this of a step. */
function atStep(saw: { readonly asked?: readonly string[]; readonly step?: string; readonly status?: string }): Change {
  return (draft) => {
    fault('kill', { status: 'ended', exitCode: 137 }, again)(draft);
    insert(draft, faultFromMs - 1, witness('triggered', { trigger: 'at-step', status: 'paused', ...saw }, 0));
  };
}

const rows: readonly Row[] = [
  {
    says: 'valid',
    when: 'a killed process ended with 137 and started',
    change: fault('kill', { status: 'ended', exitCode: 137 }, again),
  },
  {
    says: 'valid',
    when: 'a process without power ended with 137 and started',
    change: fault('power-cut', { status: 'ended', exitCode: 137 }, again),
  },
  {
    says: 'invalid',
    when: 'a process that lost its power is up',
    change: fault('power-cut', again, again),
    naming: 'not seen to end',
  },
  {
    says: 'valid',
    when: 'it was killed at a step that was asked for',
    change: atStep({ asked: ['apply-asked', 'apply-page'], step: 'apply-page' }),
  },
  { says: 'valid', when: 'any step that writes would do', change: atStep({ step: 'seal' }) },
  {
    says: 'invalid',
    when: 'it was killed at another step',
    change: atStep({ asked: ['apply-page'], step: 'seal' }),
    naming: 'it struck at the step seal, not apply-page',
  },
  {
    says: 'invalid',
    when: 'it was to be killed at a step, and nobody told at which it was',
    change: atStep({ asked: ['apply-page'] }),
    naming: 'no step was told',
  },
  {
    says: 'invalid',
    when: 'the process ran on at the step',
    change: atStep({ asked: ['apply-page'], step: 'apply-page', status: 'running' }),
    naming: 'no process stood still',
  },
  {
    says: 'valid',
    when: 'a stopped process ended with 0 and started',
    change: fault('stop', { status: 'ended', exitCode: 0 }, again),
  },
  {
    says: 'valid',
    when: 'a paused process stood still to the end',
    change: fault('pause', { status: 'paused' }, { status: 'paused' }),
  },
  {
    says: 'invalid',
    when: 'a killed process had ended by itself',
    change: fault('kill', { status: 'ended', exitCode: 1 }, again),
    naming: 'expected exit code 137, got 1',
  },
  {
    says: 'invalid',
    when: 'a stopped process had to be killed',
    change: fault('stop', { status: 'ended', exitCode: 137 }, again),
    naming: 'expected exit code 0, got 137',
  },
  {
    says: 'invalid',
    when: 'a killed process was never started again',
    change: fault('kill', { status: 'ended', exitCode: 137 }),
    naming: 'not seen to start again',
  },
  {
    says: 'invalid',
    when: 'it started no later than before',
    change: fault('kill', { status: 'ended', exitCode: 137 }, { status: 'running' }),
    naming: 'start time did not change',
  },
  { says: 'invalid', when: 'the process went on', change: fault('kill', again, again), naming: 'not seen to end' },
  {
    says: 'invalid',
    when: 'a paused process ran at the end',
    change: fault('pause', { status: 'paused' }, { status: 'running' }),
    naming: 'not seen to stand still',
  },
  {
    says: 'invalid',
    when: 'a paused process was replaced',
    change: fault('pause', { status: 'paused' }, { status: 'paused', startedAtMs: 12_000 }),
    naming: 'another process',
  },
  { says: 'invalid', when: 'the arena said nothing', change: fault('pause'), naming: 'at both ends' },
  {
    says: 'invalid',
    when: 'there was no such fault',
    change: (draft) => remove(draft, beginsFault),
    naming: 'no process',
  },
  {
    says: 'invalid',
    when: 'the fault was disarmed',
    change: (draft) => {
      fault('kill', { status: 'ended', exitCode: 137 }, again)(draft);
      edit(draft, beginsFault, { disarmed: true });
    },
    naming: 'no process',
  },
];

test.each(rows)('process-struck says $says when $when', ({ says, change, naming = '' }) => {
  const finding = judged(processStruck, change);
  expect({ verdict: finding.verdict, told: told(finding) }).toEqual({
    verdict: says,
    told: expect.stringContaining(naming),
  });
});
