import type { Connection, ConnectionEvents, Dialer, Listener } from '../../sut/io/transport.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

type Accept = (connection: Connection) => ConnectionEvents;

/** The network of one stage: one listener, the relay's, and a link for each node. */
export class SimulatedNetwork {
  readonly #clock: VirtualClock;
  readonly #links = new Map<string, SimulatedLink>();
  #listening: { readonly process: SimulatedProcess; readonly accept: Accept } | null = null;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Reachable at `address` (`host:port`) from now on. */
  addLink(address: string, link: SimulatedLink): void {
    this.#links.set(address, link);
  }

  /** Who accepts connections at the far end of every link; null: nobody. */
  get listening(): { readonly process: SimulatedProcess; readonly accept: Accept } | null {
    return this.#listening;
  }

  listenerFor(process: SimulatedProcess): Listener {
    let held: { close(): void } | null = null;
    const close = () => {
      held?.close();
      held = null;
      if (this.#listening?.process === process) this.#listening = null;
    };
    return {
      listen: async (accept) => {
        if (process.isGone) return;
        held = process.holds(close);
        this.#listening = { process, accept };
      },
      close,
    };
  }

  dialerFor(process: SimulatedProcess): Dialer {
    return {
      dial: (address, events) => {
        const link = this.#links.get(address);
        return link === undefined ? this.#dialNowhere(process, events) : link.dial(process, events);
      },
    };
  }

  /** Nobody has that address. */
  #dialNowhere(process: SimulatedProcess, events: ConnectionEvents): Connection {
    this.#clock.schedule(0.1, () => process.deliver(() => events.closed('refused')));
    return { peerAddress: '', unsentBytes: 0, send: () => undefined, close: () => undefined, destroy: () => undefined };
  }
}
