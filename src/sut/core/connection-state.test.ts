import { expect, test } from '@jest/globals';
import { type ConnectionEvent, type ConnectionState, connectionEvents, transition } from './connection-state.ts';

const states: readonly ConnectionState[] = [
  { name: 'disconnected' },
  { name: 'connecting', attempt: 2 },
  { name: 'handshaking', attempt: 2 },
  { name: 'connected' },
  { name: 'reconnecting', attempt: 2 },
  { name: 'stopped' },
];

/** State and attempt, then the actions; every pair that is not here is impossible. */
const table: Readonly<Record<string, string>> = {
  'disconnected + connect': 'connecting(0): dial',
  'disconnected + disconnect': 'disconnected:',
  'stopped + connect': 'connecting(0): dial',
  'stopped + disconnect': 'disconnected:',
  'connecting(2) + connect': 'connecting(2):',
  'connecting(2) + disconnect': 'disconnected: close',
  'connecting(2) + opened': 'handshaking(2): start-handshake',
  'connecting(2) + lost': 'reconnecting(3): close wait(3)',
  'connecting(2) + refused': 'stopped: close',
  'handshaking(2) + connect': 'handshaking(2):',
  'handshaking(2) + disconnect': 'disconnected: close',
  'handshaking(2) + welcomed': 'connected:',
  'handshaking(2) + lost': 'reconnecting(3): close wait(3)',
  'handshaking(2) + refused': 'stopped: close',
  'connected + connect': 'connected:',
  'connected + disconnect': 'disconnected: close',
  'connected + lost': 'reconnecting(1): close wait(1)',
  'connected + refused': 'stopped: close',
  'reconnecting(2) + timer': 'connecting(2): dial',
  'reconnecting(2) + connect': 'connecting(2): cancel-wait dial',
  'reconnecting(2) + disconnect': 'disconnected: cancel-wait',
};

const pairs = states.flatMap((state) => connectionEvents.map((event) => ({ state, event })));

test.each(pairs.map((pair) => ({ ...pair, pair: nameOf(pair.state, pair.event) })))(
  '$pair',
  ({ state, event, pair }) => {
    const { state: next, actions } = transition(state, event);
    const expected = table[pair] ?? `${text(state)}: diagnose`;
    const done = actions.map((action) => (action.kind === 'wait' ? `wait(${action.attempt})` : action.kind));
    expect(`${text(next)}: ${done.join(' ')}`.trim()).toBe(expected);
  },
);

test('the table names only pairs that exist', () => {
  const existing = new Set(pairs.map(({ state, event }) => nameOf(state, event)));
  expect(Object.keys(table).filter((pair) => !existing.has(pair))).toEqual([]);
});

test('the attempt grows over failures of dial and handshake alike and starts again after a WELCOME', () => {
  const script: readonly ConnectionEvent[] = [
    'connect',
    'lost',
    'timer',
    'opened',
    'lost',
    'timer',
    'opened',
    'welcomed',
    'lost',
  ];
  const seen: string[] = [];
  let state: ConnectionState = { name: 'disconnected' };
  for (const event of script) {
    state = transition(state, event).state;
    seen.push(text(state));
  }
  expect(seen).toEqual([
    'connecting(0)',
    'reconnecting(1)',
    'connecting(1)',
    'handshaking(1)',
    'reconnecting(2)',
    'connecting(2)',
    'handshaking(2)',
    'connected',
    'reconnecting(1)',
  ]);
});

function nameOf(state: ConnectionState, event: ConnectionEvent): string {
  return `${text(state)} + ${event}`;
}

function text(state: ConnectionState): string {
  return 'attempt' in state ? `${state.name}(${state.attempt})` : state.name;
}
