import type { RelaySession } from './session.ts';

/** Connections whose HELLO has not been accepted yet. */
export class PendingHandshakes {
  protected readonly sessions = new Set<RelaySession>();

  add(session: RelaySession): void {
    this.sessions.add(session);
  }

  /** `failed`: the connection ended before its HELLO was accepted. */
  remove(session: RelaySession, _how: 'entered' | 'failed'): void {
    this.sessions.delete(session);
  }

  get count(): number {
    return this.sessions.size;
  }
}
