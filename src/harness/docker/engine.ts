/** The container engine, spoken to through its API; DOCKER_HOST is honoured. */
import Docker from 'dockerode';
import pRetry, { AbortError } from 'p-retry';
import { EnvironmentError, messageOf } from '../../support/errors.ts';

/** Everything that belongs to a run carries it; its value is the run's id. */
export const runLabel = 'relay-chaos.run';
/** On the reaper's container, whose running says that the run is alive. */
export const roleLabel = 'relay-chaos.role';

const retriesMax = 3;

export function openEngine(): Docker {
  return new Docker();
}

/** The engine's version, or null when none answers. */
export async function engineAnswers(): Promise<{ readonly version: string } | null> {
  try {
    const { Version } = await openEngine().version();
    return { version: Version };
  } catch {
    return null;
  }
}

/** The engine, or an error that says how to get one. */
export async function expectEngine(): Promise<{ readonly docker: Docker; readonly version: string }> {
  const docker = openEngine();
  try {
    const { Version } = await docker.version();
    return { docker, version: Version };
  } catch (error) {
    throw new EnvironmentError(
      `asking for the container engine: none answers (${messageOf(error)}); start Docker, or run: npm run engine`,
      { cause: error },
    );
  }
}

const hiccupListeners = new Set<(line: string) => void>();

/** Hears of every call that is tried again; the returned function ends it. */
export function onHiccup(listener: (line: string) => void): () => void {
  hiccupListeners.add(listener);
  return () => hiccupListeners.delete(listener);
}

/**
 * One call of the engine's API. What may be a hiccup (a broken connection, a 502 to 504) is tried again up to three
 * times and reported; an answer that says no is passed on at once.
 */
export function engineCall<T>(doing: string, call: () => Promise<T>): Promise<T> {
  const attempt = () =>
    call().catch((error: unknown) => {
      throw isHiccup(error) ? error : new AbortError(error instanceof Error ? error : new Error(messageOf(error)));
    });
  return pRetry(attempt, {
    retries: retriesMax,
    minTimeout: 100,
    onFailedAttempt: ({ error, retriesLeft }) => {
      if (retriesLeft === 0) return;
      for (const hear of hiccupListeners) hear(`${doing}: ${messageOf(error)}; trying again`);
    },
  }).catch((error: unknown) => {
    throw new EnvironmentError(`${doing}: ${messageOf(error)}; see that the engine is well (npm run chaos -- doctor)`, {
      cause: error,
    });
  });
}

/** The HTTP status of an engine's refusal, or undefined. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode, cause } = error as { statusCode?: number; cause?: unknown };
  return statusCode ?? (cause === undefined || cause === null ? undefined : statusOf(cause));
}

function isHiccup(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  const status = statusOf(error);
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(String(code)) || (status ?? 0) >= 502;
}
