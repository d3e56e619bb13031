import { type ErrorName, errorCodes, handshakeMessages, type MessageName, messageTypes } from '../../contract/wire.ts';
import { crashFields } from '../io/crash-report.ts';
import type { EventLog, EventTable } from '../io/event-log.ts';
import type { StorageError } from '../io/storage-error.ts';
import { storageFailures } from '../io/storage-error.ts';
import { storeSteps } from './relay-store.ts';

/** Why a connection ended, from the relay's side. */
export const closeCauses = [
  'bye',
  'peer-ended',
  'lost',
  'hello-timeout',
  'idle',
  'handshake',
  'bad-record',
  'bad-frame',
  'invalid-message',
  'unauthorized',
  'revoked',
  'replaced',
  'overloaded',
  'slow-reader',
  'storage',
  'stopping',
] as const;
export type CloseCause = (typeof closeCauses)[number];

/** Why a connection was not let in at all. */
export const refusals = ['address-limit', 'connection-limit', 'stopping'] as const;
export type Refusal = (typeof refusals)[number];

const messageNames = Object.keys(messageTypes) as MessageName[];
const errorNames = Object.keys(errorCodes) as ErrorName[];
const loggedSteps = [...storeSteps, 'other'] as const;
const stages = ['none', ...handshakeMessages.hybrid.map(({ stage }) => stage)] as const;
const reasons = ['none', 'preamble', 'mode', 'length', 'public-key', 'agreement', 'peer', 'order'] as const;

/** Every line the relay can log. `skipped` counts lines of the same event left out since the last one. */
export const relayEvents = {
  'relay-started': { level: 'info', fields: { tookMs: 'ms' } },
  'relay-stopped': { level: 'info', fields: { tookMs: 'ms' } },
  crash: { level: 'info', fields: crashFields },
  'storage-failed': { level: 'info', fields: { step: loggedSteps, failure: storageFailures } },
  cleanup: {
    level: 'info',
    fields: { expired: 'count', deleted: 'count', acknowledged: 'count', tookMs: 'ms' },
  },
  'accept-failed': { level: 'info', fields: { skipped: 'count' } },
  'connection-refused': { level: 'info', fields: { reason: refusals, skipped: 'count' } },
  /** Ended before its HELLO was accepted. */
  'connection-turned-away': {
    level: 'info',
    fields: { session: 'token', cause: closeCauses, stage: stages, reason: reasons, afterMs: 'ms', skipped: 'count' },
  },
  'session-opened': { level: 'info', fields: { session: 'token', afterMs: 'ms' } },
  'session-closed': {
    level: 'info',
    fields: { session: 'token', cause: closeCauses, openMs: 'ms', framesIn: 'count', framesOut: 'count' },
  },
  'blob-removed': { level: 'info', fields: { session: 'token', how: ['forced', 'acknowledged'] } },
  'push-stored': { level: 'debug', fields: { session: 'token', payload: 'bytes', tookMs: 'ms' } },
  'push-repeated': { level: 'debug', fields: { session: 'token' } },
  pulled: { level: 'debug', fields: { session: 'token', blobs: 'count', payload: 'bytes', tookMs: 'ms' } },
  'request-refused': { level: 'debug', fields: { session: 'token', error: errorNames } },
  'frame-received': { level: 'trace', fields: { session: 'token', frame: 'bytes' } },
  'frame-sent': { level: 'trace', fields: { session: 'token', message: messageNames, frame: 'bytes' } },
} as const satisfies EventTable;

export type RelayLog = EventLog<typeof relayEvents>;

/** A storage failure as its log line says it. */
export function logStorageFailure(log: RelayLog, { step, failure }: StorageError): void {
  log.write('storage-failed', { step: loggedSteps.find((known) => known === step) ?? 'other', failure });
}
