/**
 * An ordered, reliable byte stream, the only thing the protocol needs from a network.
 * TCP in containers, a seeded virtual link in the simulator.
 */
export interface Connection {
  /** The peer's address without its port, for per-address limits. Never logged. */
  readonly peerAddress: string;
  /** Bytes accepted by `send` that have not left yet. */
  readonly unsentBytes: number;
  /** Queues bytes in order. Does nothing once the connection is closed. */
  send(bytes: Uint8Array): void;
  /** Ends the stream after what was queued has left. */
  close(): void;
  /** Gives the connection up at once; queued bytes are lost. */
  destroy(): void;
}

/** What a connection tells its owner. `closed` comes exactly once and is the last call. */
export interface ConnectionEvents {
  /** Only for a dialled connection: the peer accepted. */
  opened?(): void;
  received(chunk: Uint8Array): void;
  closed(reason: CloseReason): void;
}

/** `ended`: by the peer or by us in an orderly way; `refused`: nobody answered the dial; `broken`: everything else. */
export type CloseReason = 'ended' | 'refused' | 'broken';

export interface Dialer {
  /** Starts connecting to `host:port` and returns at once; destroying the connection gives the attempt up. */
  dial(address: string, events: ConnectionEvents): Connection;
}

export interface Listener {
  /** Starts accepting; the callback returns what the new connection shall tell. Resolves when bound. */
  listen(accept: (connection: Connection) => ConnectionEvents): Promise<void>;
  /** Stops accepting. Open connections stay. */
  close(): void;
}
