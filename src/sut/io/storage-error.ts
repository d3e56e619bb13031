/** What went wrong in SQLite, as far as a caller can act on it. */
export const storageFailures = ['busy', 'full', 'input-output', 'corrupt', 'read-only', 'constraint', 'other'] as const;
export type StorageFailure = (typeof storageFailures)[number];

/** SQLite refused; the transaction was rolled back. The text names the step, never a value. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** The named step of the database that failed. */
  readonly step: string;
  readonly failure: StorageFailure;

  constructor(step: string, failure: StorageFailure, cause: unknown) {
    super(`storage: step ${step}: ${failure}`, { cause });
    this.step = step;
    this.failure = failure;
  }
}

/** SQLite's own errors as `StorageError`; everything else, such as a rule broken inside the work, stays what it is. */
export function storageErrorOf(step: string, error: unknown): unknown {
  // By its code, not its class: an error of another realm, as in a test runner's sandbox, is not our `Error`.
  if ((error as { code?: unknown } | null)?.code !== 'ERR_SQLITE_ERROR') return error;
  const code = (error as { errcode?: unknown }).errcode;
  return new StorageError(step, typeof code === 'number' ? failureOf(code & 0xff) : 'other', error);
}

/** Primary result codes (sqlite.org/rescode.html). */
function failureOf(primaryCode: number): StorageFailure {
  switch (primaryCode) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return 'busy';
    case 13: // SQLITE_FULL
      return 'full';
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
      return 'input-output';
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return 'corrupt';
    case 8: // SQLITE_READONLY
      return 'read-only';
    case 19: // SQLITE_CONSTRAINT
      return 'constraint';
    default:
      return 'other';
  }
}
