import { errorCodes } from '../../contract/wire.ts';

/** Why a push that was on its way has no acknowledgement: the relay's error code, or null for a lost connection. */
export interface PushFailure {
  readonly code: number | null;
  /** How often this blob was sent by now, since the process started. */
  readonly attempts: number;
}

/** What becomes of an outbox entry. `give-up` reports the item as failed and takes it out of the queue. */
export interface OutboxRules {
  afterFailure(failure: PushFailure): 'requeue' | 'give-up';
}

/** Only a blob that is too large can never go; everything else waits for better times, however often it failed. */
export const standardRules: OutboxRules = {
  afterFailure: ({ code }) => (code === errorCodes.BLOB_TOO_LARGE ? 'give-up' : 'requeue'),
};
