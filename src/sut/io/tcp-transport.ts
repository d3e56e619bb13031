import { connect, createServer, isIPv4, type Server, type Socket } from 'node:net';
import { EnvironmentError, messageOf, ScenarioError } from '../../support/errors.ts';
import type { CloseReason, Connection, ConnectionEvents, Dialer, Listener } from './transport.ts';

/** Small messages leave at once; the protocol's own heartbeat says whether the peer is there. */
const socketOptions = { noDelay: true, keepAlive: false } as const;

/** Dials `host:port` over TCP; an IPv6 address stands in brackets. Every failure before the peer accepts is `refused`. */
export const tcpDialer: Dialer = {
  dial(address, events) {
    const { host, port } = parseHostPort(address);
    const connection = new TcpConnection(connect({ host, port, ...socketOptions }), true);
    connection.tell(events);
    return connection;
  },
};

export interface TcpListenerOptions {
  /** `host:port`; port 0 takes any free one, see `port` after `listen`. */
  readonly address: string;
  /** The system could not accept a connection that was waiting (most often: no descriptor left). */
  readonly acceptFailed: () => void;
}

/** Accepts TCP connections on one address. */
export class TcpListener implements Listener {
  readonly #options: TcpListenerOptions;
  #server: Server | null = null;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
  }

  /** The bound port, or 0 while not listening. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async listen(accept: (connection: Connection) => ConnectionEvents): Promise<void> {
    const { host, port } = parseHostPort(this.#options.address);
    const server = createServer(socketOptions, (socket) => {
      const connection = new TcpConnection(socket, false);
      connection.tell(accept(connection));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(
          new EnvironmentError(
            `listening on ${this.#options.address}: ${messageOf(error)}; choose another address or stop its owner`,
            { cause: error },
          ),
        );
      });
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners('error').on('error', this.#options.acceptFailed);
  }

  close(): void {
    this.#server?.close();
    this.#server = null;
  }
}

class TcpConnection implements Connection {
  readonly #socket: Socket;
  readonly peerAddress: string;
  /** How it ended, as far as it is known before the socket says that it is closed. */
  #reason: CloseReason;

  constructor(socket: Socket, dialled: boolean) {
    this.#socket = socket;
    this.peerAddress = plainAddress(socket.remoteAddress ?? '');
    this.#reason = dialled ? 'refused' : 'ended';
  }

  /** Says what happens to `events`, from now on; called once. */
  tell(events: ConnectionEvents): void {
    const socket = this.#socket;
    socket.once('connect', () => {
      this.#reason = 'ended';
      events.opened?.();
    });
    socket.on('data', (chunk) => events.received(chunk));
    socket.on('error', () => {
      if (this.#reason !== 'refused') this.#reason = 'broken';
    });
    socket.once('close', () => events.closed(this.#reason));
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.end();
  }

  destroy(): void {
    if (!this.#socket.destroyed) this.#reason = 'broken';
    this.#socket.destroy();
  }
}

/** Splits `host:port`. Throws `ScenarioError` for anything else. */
export function parseHostPort(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ScenarioError(
      `address: expected host:port such as "relay:7000" or "[::1]:7000", got ${JSON.stringify(address)}`,
    );
  }
  return { host: match[1] ?? match[2]!, port };
}

/** An IPv4 peer of a dual-stack socket in its usual form, so that one address has one name. */
function plainAddress(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : address;
  return isIPv4(mapped) ? mapped : address;
}
