import type { NodeParts } from '../node/parts.ts';
import type { Defect } from './defect.ts';

/** While a heartbeat has no answer, whoever asks for another gets the one that is out. */
function oneAtATime(base: NodeParts['session']): NodeParts['session'] {
  return class extends base {
    #open: Promise<number> | null = null;

    override presence(): Promise<number> {
      this.#open ??= super.presence().finally(() => {
        this.#open = null;
      });
      return this.#open;
    }
  };
}

export const heartbeatBehindPage: Defect = {
  name: 'heartbeat-behind-page',
  about:
    'The node sends no heartbeat while one has no answer, and on a slow line the answer is behind the page that comes in: the relay hears nothing for so long that it cuts off a device that is reading, and the page comes all over again.',
  node: (parts) => ({ ...parts, session: oneAtATime(parts.session) }),
};
