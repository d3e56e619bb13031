/** Passes one link's TCP connections on to the relay, record by record, as the tap's rules say. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Direction } from '../../contract/tap.ts';
import type { Clock } from '../../support/clock.ts';
import type { TapConnection } from './tap-connection.ts';
import type { TapRules } from './tap-rules.ts';

export interface TapProxyOptions {
  readonly link: string;
  readonly port: number;
  readonly relay: { readonly host: string; readonly port: number };
  readonly rules: TapRules;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** How long a peer has to answer the end with its own. */
const lingerMs = 2_000;

/** By the direction that starts there: `up` is the node's socket. */
type Sides = Readonly<Record<Direction, Socket>>;

const peerOf = { up: 'down', down: 'up' } as const;

export class TapProxy {
  readonly #options: TapProxyOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(options: TapProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (node) => this.#accept(node));
  }

  async listen(host = '0.0.0.0'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#options.port, host, resolve);
    });
  }

  /** The bound port. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#open.size;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #accept(node: Socket): void {
    const { relay, rules, link } = this.#options;
    const socket = connect({ ...relay, allowHalfOpen: true, noDelay: true });
    const sides = { up: node, down: socket } as const;
    const passage = rules.connection(link, this.#options.clock.wallMs(), (direction) => {
      this.#forward(direction, sides, passage, new Uint8Array(0));
    });
    this.#open.add(node);
    node.once('close', () => this.#open.delete(node));
    this.#pass('up', sides, passage);
    this.#pass('down', sides, passage);
  }

  #pass(direction: Direction, sides: Sides, passage: TapConnection): void {
    const [from, to] = [sides[direction], sides[peerOf[direction]]];
    const now = () => this.#options.clock.wallMs();
    // A copy, not a Buffer: its slice() would share bytes, and a flipped bit would change the record before it too.
    from.on('data', (chunk) => this.#forward(direction, sides, passage, new Uint8Array(chunk)));
    from.once('end', () => {
      const rest = passage.end(direction, now());
      if (to.writable) to.end(rest);
    });
    // A side that breaks breaks the other: neither may believe that its peer is still there.
    from.once('error', () => to.destroy());
    from.once('close', () => {
      passage.abandon();
      if (!to.writableEnded) to.destroy();
    });
  }

  #forward(direction: Direction, sides: Sides, passage: TapConnection, chunk: Uint8Array): void {
    const [from, to] = [sides[direction], sides[peerOf[direction]]];
    const { forward, close } = passage.pass(direction, chunk, this.#options.clock.wallMs());
    if (forward.length > 0 && to.writable && !to.write(forward)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    if (close) endBoth(sides);
  }
}

/**
 * What was already passed on leaves first, then both sides end. What still comes in is thrown away, not left unread: a
 * socket closed over unread bytes is reset, and a reset can take the last bytes that were passed on with it.
 */
function endBoth(sides: Sides): void {
  for (const socket of Object.values(sides)) {
    socket.removeAllListeners('data');
    socket.resume();
    socket.end();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  }
}
