/**
 * What a system may be able to do; its manifest lists what it `can`, variants list what they `needs`.
 * A variant whose needs are not met is not run, with the reason.
 */
export const capabilities = {
  live: 'nodes stay connected and hear of new items without asking',
  sealed: 'what leaves a node is encrypted end to end',
  'ack-relay': 'a push can wait for the relay’s own acknowledgement',
  outbox: 'accepted items wait in a durable queue that can be looked at',
  delete: 'items can be deleted',
  cursor: 'the relay numbers items in one order per group and tells the number',
  vector: 'nodes report a canonical version vector',
  outstanding: 'nodes keep a durable list of refused or missing items',
  stats: 'the relay reports statistics on a control-only address',
  rows: 'stored payloads can be read from a SQLite database',
  handshake: 'sessions start with the four-message hybrid handshake whose sizes are known',
  hooks: 'a test image exports session keys and handshake secrets and obeys fault hooks',
  pages: 'the relay serves health and metrics pages',
  'log-events': 'every line of the relay’s log belongs to a closed list of events',
  large: 'content larger than one item',
  content: 'content chunks and references',
  collection: 'collections with manifests',
  page: 'page size of a pull can be chosen',
  expire: 'items expire',
  quota: 'groups have a storage quota',
  rekey: 'sessions change keys while open',
  codec: 'frames can be decoded by the tester',
  stream: 'data travels in one ordered stream per node',
  evil: 'the relay can be started in a tampering mode',
  clock: 'a bound on clock error is declared',
  windows: 'a client for Windows exists',
} as const;
export type Capability = keyof typeof capabilities;
export const capabilityNames = Object.keys(capabilities) as Capability[];
