/**
 * The life of a node's connection as a pure function: state and event in, state and actions out.
 *
 * The attempt number travels through connecting and handshaking, so that the wait grows from one failure to the next;
 * only a WELCOME starts it again.
 */
export type ConnectionState =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connecting'; readonly attempt: number }
  | { readonly name: 'handshaking'; readonly attempt: number }
  | { readonly name: 'connected' }
  | { readonly name: 'reconnecting'; readonly attempt: number }
  | { readonly name: 'stopped' };

export const connectionEvents = [
  /** The application wants a connection. */
  'connect',
  /** The application wants none. */
  'disconnect',
  /** The transport is open; the handshake may start. */
  'opened',
  /** The relay answered HELLO with WELCOME. */
  'welcomed',
  /** The dial, the handshake or the connection failed or ended. */
  'lost',
  /** The wait before the next attempt is over. */
  'timer',
  /** The relay refused this device for good. */
  'refused',
] as const;
export type ConnectionEvent = (typeof connectionEvents)[number];

export type ConnectionAction =
  | { readonly kind: 'dial' }
  | { readonly kind: 'start-handshake' }
  | { readonly kind: 'close' }
  | { readonly kind: 'wait'; readonly attempt: number }
  | { readonly kind: 'cancel-wait' }
  /** The pair is impossible: something called out of turn. */
  | { readonly kind: 'diagnose'; readonly event: ConnectionEvent };

export interface Transition {
  readonly state: ConnectionState;
  readonly actions: readonly ConnectionAction[];
}

/** Impossible pairs leave the state as it is and ask for a diagnostic. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  switch (state.name) {
    case 'disconnected':
    case 'stopped':
      if (event === 'connect') return to({ name: 'connecting', attempt: 0 }, { kind: 'dial' });
      if (event === 'disconnect') return to({ name: 'disconnected' });
      break;
    case 'connecting':
      if (event === 'opened') return to({ name: 'handshaking', attempt: state.attempt }, { kind: 'start-handshake' });
      return fromOpenAttempt(state, state.attempt, event);
    case 'handshaking':
      if (event === 'welcomed') return to({ name: 'connected' });
      return fromOpenAttempt(state, state.attempt, event);
    case 'connected':
      return fromOpenAttempt(state, 0, event);
    case 'reconnecting':
      if (event === 'timer') return to({ name: 'connecting', attempt: state.attempt }, { kind: 'dial' });
      // Asked for now: the wait is over, but not the count of failures.
      if (event === 'connect')
        return to({ name: 'connecting', attempt: state.attempt }, { kind: 'cancel-wait' }, { kind: 'dial' });
      if (event === 'disconnect') return to({ name: 'disconnected' }, { kind: 'cancel-wait' });
      break;
  }
  return impossible(state, event);
}

/** What every state with a connection, open or on its way, has in common. */
function fromOpenAttempt(state: ConnectionState, attempt: number, event: ConnectionEvent): Transition {
  if (event === 'connect') return to(state);
  if (event === 'disconnect') return to({ name: 'disconnected' }, { kind: 'close' });
  if (event === 'refused') return to({ name: 'stopped' }, { kind: 'close' });
  if (event === 'lost') {
    return to(
      { name: 'reconnecting', attempt: attempt + 1 },
      { kind: 'close' },
      { kind: 'wait', attempt: attempt + 1 },
    );
  }
  return impossible(state, event);
}

function to(state: ConnectionState, ...actions: readonly ConnectionAction[]): Transition {
  return { state, actions };
}

function impossible(state: ConnectionState, event: ConnectionEvent): Transition {
  return { state, actions: [{ kind: 'diagnose', event }] };
}
