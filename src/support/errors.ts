/** The input is wrong: where, expected what, got what. Several problems of one file travel together. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[]) {
    const list = typeof problems === 'string' ? [problems] : problems;
    super(list.join('\n'));
    this.problems = list;
  }
}

/** The world did not cooperate: doing what, to whom; what happened; what to try. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The system under test answered no, or did not answer.
 *
 * `definite` is true only when the operation certainly did not happen; everything else is an unknown outcome.
 */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: string;
  readonly definite: boolean;

  constructor(code: string, message: string, options: { definite: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.definite = options.definite;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
