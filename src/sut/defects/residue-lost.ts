import { recordPrefixBytes } from '../../contract/wire.ts';
import { type ChannelEvent, SecureChannel } from '../core/secure-channel.ts';
import type { Defect } from './defect.ts';

/** Knows where it is in the stream: in the length before a record, or so many bytes before the record's end. */
class Careless extends SecureChannel {
  #prefix = new Uint8Array(0);
  #leftBytes = 0;

  override receive(chunk: Uint8Array): ChannelEvent[] {
    for (let at = 0; at < chunk.length; ) {
      if (this.#leftBytes > 0) {
        const taken = Math.min(this.#leftBytes, chunk.length - at);
        this.#leftBytes -= taken;
        at += taken;
        continue;
      }
      this.#prefix = Uint8Array.of(...this.#prefix, chunk[at]!);
      at += 1;
      if (this.#prefix.length < recordPrefixBytes) continue;
      this.#leftBytes = new DataView(this.#prefix.buffer).getUint16(0);
      this.#prefix = new Uint8Array(0);
    }
    const residue = this.#prefix.length;
    this.#prefix = new Uint8Array(0);
    return super.receive(chunk.subarray(0, chunk.length - residue));
  }
}

export const residueLost: Defect = {
  name: 'residue-lost',
  about:
    'The node forgets the first byte of a record’s length when what it has read ends right after it: everything that follows is read wrongly, and the connection is lost for nothing.',
  node: (parts) => ({ ...parts, openChannel: (options) => new Careless(options) }),
};
