/** A program of the host, run to its end. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EnvironmentError } from '../../support/errors.ts';

export interface CommandOptions {
  /** Completes "…: failed" in the error. */
  readonly doing: string;
  /** What to try when the program is missing or fails. */
  readonly cure: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Its standard output. Fails with the last lines it wrote and with what to try. */
export async function runCommand(program: string, words: readonly string[], options: CommandOptions): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, words, {
      env: { ...process.env, ...options.env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    throw new EnvironmentError(`${options.doing}: ${reasonOf(program, error)}; ${options.cure}`, { cause: error });
  }
}

function reasonOf(program: string, error: unknown): string {
  const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
  if (code === 'ENOENT') return `there is no ${program}`;
  const lastLines = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-3).join(' | ');
  return `${program} failed (${String(code)}): ${lastLines}`;
}
