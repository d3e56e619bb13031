import type { Message } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Defect } from './defect.ts';

function impatient(base: RelayParts['session'], { ports: { clock }, config }: RelayParts): RelayParts['session'] {
  return class extends base {
    #framesSeen = 0;
    #lastFrameMs = clock.monotonicMs();

    override received(chunk: Uint8Array): void {
      super.received(chunk);
      if (this.framesIn === this.#framesSeen) return;
      this.#framesSeen = this.framesIn;
      this.#lastFrameMs = clock.monotonicMs();
    }

    override welcome(first: readonly Message[]): void {
      super.welcome(first);
      this.#watchFrames(config.idleCutMs);
    }

    #watchFrames(delayMs: number): void {
      clock.setTimer(delayMs, () => {
        const leftMs = this.#lastFrameMs + config.idleCutMs - clock.monotonicMs();
        if (leftMs <= 0) this.close('idle');
        else if (!this.isClosed) this.#watchFrames(leftMs);
      });
    }
  };
}

export const wholeFramesAreLiveness: Defect = {
  name: 'whole-frames-are-liveness',
  about:
    'The relay counts only whole messages as a sign of life: whoever needs longer than the idle limit for one large item is cut off in the middle of it, again and again.',
  relay: (parts) => ({ ...parts, session: impatient(parts.session, parts) }),
};
