/** What the node was waiting for when a handshake failed; `welcome`: the channel stood, HELLO was not answered. */
export const handshakeFailureStages = ['m1', 'm2', 'm3', 'm4', 'welcome'] as const;
export type HandshakeFailureStage = (typeof handshakeFailureStages)[number];

/** The reasons of the handshake itself, and what the stream under it can do. */
export const handshakeFailureReasons = [
  'preamble',
  'mode',
  'length',
  'public-key',
  'agreement',
  'peer',
  'order',
  'timed-out',
  'closed',
  'unreadable',
  'refused',
] as const;
export type HandshakeFailureReason = (typeof handshakeFailureReasons)[number];
