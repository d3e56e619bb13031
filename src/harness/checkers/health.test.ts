import { health } from './health.ts';
import { type Draft, insert } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function down(draft: Draft): void {
  Object.assign(draft.collected.nodes['node-b']!, { alive: false });
  draft.collected.relay.stats!.sessions.pop();
}

testTable(health, [
  {
    says: 'invalid',
    when: 'a node exited that nobody stopped',
    change: (d) => d.collected.nodes['node-b']!.unscheduledExits.push('exit code 1'),
    naming: 'node-b: exit code 1',
  },
  {
    says: 'invalid',
    when: 'the relay exited',
    change: (d) => d.collected.relay.unscheduledExits.push('unhandled rejection'),
    naming: 'relay: unhandled',
  },
  { says: 'invalid', when: 'a node is down by nobody’s order', change: down, naming: 'node-b is down' },
  {
    says: 'valid',
    when: 'a node was ordered down and has no session',
    change: (d) => {
      down(d);
      insert(d, 21_900, { kind: 'process', target: 'node-b', event: 'killed' });
    },
  },
  {
    says: 'invalid',
    when: 'a node was ordered up again and is down',
    change: (d) => {
      down(d);
      insert(d, 21_900, { kind: 'process', target: 'node-b', event: 'killed' });
      insert(d, 21_950, { kind: 'process', target: 'node-b', event: 'started' });
    },
  },
  {
    says: 'invalid',
    when: 'a live node has no session',
    change: (d) => d.collected.relay.stats!.sessions.pop(),
    naming: '1 sessions of 1 devices, 2 live',
  },
  {
    says: 'valid',
    when: 'a node was told to disconnect',
    change: (d) => {
      d.collected.relay.stats!.sessions.pop();
      insert(d, 21_900, {
        kind: 'invoked',
        operation: 90,
        node: 'node-b',
        op: 'disconnect',
        part: 'load[1].disconnect',
      });
    },
  },
  {
    says: 'invalid',
    when: 'a session was left behind',
    change: (d) => d.collected.relay.stats!.sessions.push({ ...d.collected.relay.stats!.sessions[0]!, session: 'old' }),
    naming: '3 sessions of 2 devices',
  },
  {
    says: 'invalid',
    when: 'two sessions are of one device',
    change: (d) =>
      Object.assign(d.collected.relay.stats!.sessions[1]!, { device: d.collected.relay.stats!.sessions[0]!.device }),
    naming: '2 sessions of 1 devices',
  },
  {
    says: 'invalid',
    when: 'a handshake is pending',
    change: (d) => Object.assign(d.collected.relay.stats!, { pendingHandshakes: 1 }),
    naming: '1 handshakes pending',
  },
  {
    says: 'valid',
    when: 'descriptors grew by 5',
    change: (d) => Object.assign(d.collected.relay.stats!, { openDescriptors: 27 }),
    naming: 'grew by 5',
  },
  {
    says: 'invalid',
    when: 'descriptors grew by 6',
    change: (d) => Object.assign(d.collected.relay.stats!, { openDescriptors: 28 }),
    naming: '28 now',
  },
  {
    says: 'invalid',
    when: 'a socket waits for its close',
    change: (d) => Object.assign(d.collected.relay, { closeWait: 1 }),
    naming: 'CLOSE_WAIT',
  },
  {
    says: 'invalid',
    when: 'the relay’s database is damaged',
    change: (d) => Object.assign(d.collected.relay, { integrityCheck: 'row 3 missing' }),
    naming: 'relay.integrityCheck: row 3',
  },
  {
    says: 'invalid',
    when: 'a node’s database is damaged',
    change: (d) => Object.assign(d.collected.nodes['node-b']!, { integrityCheck: 'bad page' }),
    naming: 'node-b.integrityCheck',
  },
  {
    says: 'unknown',
    when: 'there are no statistics',
    change: (d) => Object.assign(d.collected.relay, { stats: null }),
  },
  {
    says: 'unknown',
    when: 'there is no baseline',
    change: (d) => Object.assign(d.collected.relay, { baseline: null }),
  },
  {
    says: 'unknown',
    when: 'nobody looked for CLOSE_WAIT',
    change: (d) => Object.assign(d.collected.relay, { closeWait: null }),
  },
  {
    says: 'unknown',
    when: 'a database was not checked',
    change: (d) => Object.assign(d.collected.relay, { integrityCheck: null }),
  },
  {
    says: 'unknown',
    when: 'a node is not in the evidence',
    change: (d) => delete d.collected.nodes['node-b'],
    naming: 'nodes.node-b',
  },
  {
    says: 'valid',
    when: 'a simulation has no sockets by design',
    change: (d) => {
      d.collected.relay.closeWait = null;
      d.collected.missing.push({ part: 'relay.closeWait', because: 'no kernel', byDesign: true });
    },
    naming: 'no kernel',
  },
  {
    says: 'valid',
    when: 'the system has no statistics',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'stats');
      d.collected.relay.stats = null;
    },
    naming: 'not run: statistics',
  },
]);
