import { recordPrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import type { Clock } from '../../support/clock.ts';
import type { InitiatorOptions } from '../core/secure-channel.ts';
import { type ChannelEvent, SecureChannel } from '../core/secure-channel.ts';
import type { Defect } from './defect.ts';

/** Nothing for so long in the middle of a record is a stall. */
const stallMs = 100;

class Forgetful extends SecureChannel {
  readonly #clock: Clock;
  /** Of the record that is arriving. */
  #incomplete = new Uint8Array(0);
  #lastMs = 0;

  constructor(options: InitiatorOptions, clock: Clock) {
    super(options);
    this.#clock = clock;
  }

  override receive(chunk: Uint8Array): ChannelEvent[] {
    const nowMs = this.#clock.monotonicMs();
    const isAfterStall = this.#incomplete.length > 0 && nowMs - this.#lastMs >= stallMs;
    const stale = isAfterStall ? this.#incomplete : new Uint8Array(0);
    this.#lastMs = nowMs;
    this.#incomplete = restOf(concat(this.#incomplete, chunk));
    return super.receive(concat(stale, chunk));
  }
}

/** What follows the last complete record. */
function restOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at + recordPrefixBytes <= bytes.length) {
    const next = at + recordPrefixBytes + view.getUint16(at);
    if (next > bytes.length) break;
    at = next;
  }
  return bytes.slice(at);
}

export const bufferNotCleared: Defect = {
  name: 'buffer-not-cleared',
  about:
    'When the stream stalls in the middle of a record the node sets its reassembly buffer up again without clearing it, and what was in it is read twice: the record does not open, and the connection is lost for nothing.',
  node: (parts) => ({ ...parts, openChannel: (options) => new Forgetful(options, parts.ports.clock) }),
};
