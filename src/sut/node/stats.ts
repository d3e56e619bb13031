import type { AnswerValue } from '../../contract/control.ts';

/** Weight of a new sample in the smoothed round trip (RFC 6298). */
const newSampleWeight = 1 / 8;

/** What a node counts since its process started. */
export class NodeStats {
  reconnects = 0;
  handshakesOk = 0;
  frameErrors = 0;
  pulls = 0;
  itemsReceived = 0;
  duplicatesDiscarded = 0;
  bytesIn = 0;
  bytesOut = 0;
  fullRescans = 0;
  pushesSent = 0;
  readonly #handshakesFailed = new Map<string, number>();
  readonly #authFailures = new Map<string, number>();
  #roundTripMs: number | null = null;

  handshakeFailed(reason: string): void {
    count(this.#handshakesFailed, reason, 1);
  }

  /** `layer`: `session` for a record, `blob` for a sealed blob, `history` for a forked author. */
  authFailed(layer: 'session' | 'blob' | 'history', times = 1): void {
    count(this.#authFailures, layer, times);
  }

  answered(roundTripMs: number): void {
    const before = this.#roundTripMs ?? roundTripMs;
    this.#roundTripMs = before + (roundTripMs - before) * newSampleWeight;
  }

  report(openDescriptors: number): AnswerValue<'stats'> {
    const { reconnects, handshakesOk, frameErrors, pulls, itemsReceived, duplicatesDiscarded } = this;
    const { bytesIn, bytesOut, fullRescans, pushesSent } = this;
    return {
      reconnects,
      handshakesOk,
      handshakesFailed: Object.fromEntries(this.#handshakesFailed),
      frameErrors,
      authFailures: Object.fromEntries(this.#authFailures),
      pulls,
      itemsReceived,
      duplicatesDiscarded,
      bytesIn,
      bytesOut,
      fullRescans,
      pushesSent,
      roundTripMs: this.#roundTripMs,
      openDescriptors,
    };
  }
}

function count(counters: Map<string, number>, name: string, times: number): void {
  if (times > 0) counters.set(name, (counters.get(name) ?? 0) + times);
}
