import { ScenarioError } from './errors.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000 } as const;

/** "250ms", "30s" or "5m" in milliseconds, or null when the text is none of these. */
export function durationMs(text: unknown): number | null {
  const match = typeof text === 'string' ? /^(\d+)(ms|s|m)$/.exec(text) : null;
  return match === null ? null : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** The same, for input that must be one; `where` names the place in the user's file or command line. */
export function parseDurationMs(where: string, value: unknown): number {
  const parsed = durationMs(value);
  if (parsed === null) {
    throw new ScenarioError(
      `${where}: expected a duration such as "250ms", "30s" or "5m", got ${JSON.stringify(value)}`,
    );
  }
  return parsed;
}
