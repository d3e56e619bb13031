import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';

export const projectFolder = join(import.meta.dirname, '..');

/** How a command line ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A checkout other than this one. */
  readonly project?: string;
  /** Words for Node itself, before the program. */
  readonly nodeWords?: readonly string[];
  /** Called with what has come on stdout so far and what sends a signal; for interrupts. */
  readonly onOutput?: (stdout: string, signal: (name: NodeJS.Signals) => void) => void;
}

/** A folder for one test file, with the place where its command lines leave their runs. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'chaos-command-'));
  readonly reports = join(this.folder, 'reports');

  /** Runs `chaos` as a process of its own, as a user would. */
  chaos(
    words: readonly string[],
    { env = {}, project = projectFolder, nodeWords = [], onOutput }: CommandOptions = {},
  ): Promise<Ended> {
    const program = join(project, 'src/harness/cli/chaos.mjs');
    const child = spawn(process.execPath, [...nodeWords, program, ...words], {
      cwd: project,
      // Most of a start is compiling.
      env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(this.folder, 'compiled'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, (name) => child.kill(name));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** The folders of runs. */
  runs(): string[] {
    return existsSync(this.reports) ? readdirSync(this.reports) : [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Refused with this code, one line for each problem, none of them a stack, and nothing on stdout. */
export function expectRefused(ended: Ended, code: number, ...problems: readonly (string | RegExp)[]): void {
  const lines = ended.stderr.trimEnd().split('\n');
  expect({ ...ended, stderr: lines }).toEqual({ code, stdout: '', stderr: problems.map(() => expect.any(String)) });
  for (const [index, problem] of problems.entries()) {
    expect(lines[index]).toMatch(/^chaos: /);
    expect(lines[index]).toMatch(problem);
  }
}
