import type { NodeParts } from '../node/parts.ts';
import type { Puller } from '../node/puller.ts';
import type { Defect } from './defect.ts';

/** Believes that a pull under way will bring whatever it is told of meanwhile. */
function deaf(base: NodeParts['puller']): NodeParts['puller'] {
  return class extends base {
    #isPulling = false;

    protected override async page(...asked: Parameters<Puller['page']>): Promise<number> {
      this.#isPulling = true;
      try {
        return await super.page(...asked);
      } finally {
        this.#isPulling = false;
      }
    }

    override exists(cursor: number): void {
      if (!this.#isPulling) super.exists(cursor);
    }
  };
}

export const notifyDroppedWhilePulling: Defect = {
  name: 'notify-dropped-while-pulling',
  about:
    'A device that is told of a new item while it reads a page forgets it: what was saved meanwhile shows up only when somebody saves something else.',
  node: (parts) => ({ ...parts, puller: deaf(parts.puller) }),
};
