import { nodeStates } from '../../contract/control.ts';
import { crashFields } from '../io/crash-report.ts';
import type { EventTable } from '../io/event-log.ts';
import { storageFailures } from '../io/storage-error.ts';
import { handshakeFailureReasons, handshakeFailureStages } from './handshake-failure.ts';
import { refusalReasons } from './sealer.ts';

/**
 * Every line a node may log. The table is the whole redaction: no field can hold an id, a name, an address, content or a
 * passphrase.
 */
export const nodeLogEvents = {
  started: { level: 'info', fields: {} },
  stopped: { level: 'info', fields: {} },
  state: { level: 'info', fields: { state: nodeStates, attempt: 'count' } },
  /** The state machine was asked for something impossible. */
  'out-of-turn': { level: 'info', fields: { state: nodeStates } },
  'handshake-failed': {
    level: 'info',
    fields: { stage: handshakeFailureStages, reason: handshakeFailureReasons, afterMs: 'ms' },
  },
  /** Why an open session ended; `code` is the relay's, 0 when it gave none. */
  'session-ended': {
    level: 'info',
    fields: { reason: ['ended', 'broken', 'no-progress', 'unreadable', 'error', 'storage'], code: 'count' },
  },
  'relay-error': { level: 'info', fields: { code: 'count' } },
  'blob-refused': { level: 'info', fields: { reason: refusalReasons } },
  /** Two blobs under one number of one author. */
  'history-forked': { level: 'info', fields: { blobs: 'count' } },
  'gap-named': { level: 'info', fields: { cursors: 'count' } },
  /** The relay's head is below what was read already. */
  'relay-went-back': { level: 'info', fields: {} },
  'storage-failed': { level: 'info', fields: { failure: storageFailures } },
  'push-given-up': { level: 'info', fields: { code: 'count' } },
  'push-acked': { level: 'debug', fields: { bytes: 'bytes', tookMs: 'ms' } },
  'pull-answered': { level: 'debug', fields: { blobs: 'count', tookMs: 'ms' } },
  'heartbeat-answered': { level: 'trace', fields: { tookMs: 'ms' } },
  crash: { level: 'info', fields: crashFields },
} as const satisfies EventTable;
