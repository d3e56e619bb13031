/**
 * How an operation ended, in the control contract and in the history.
 *
 * `failed` means: it certainly did not happen. Everything that cannot be known is `unknown`, a missing answer first of
 * all. `unsupported` is never counted; a system announces it in its `hello`.
 */
export const outcomes = ['ok', 'failed', 'unknown', 'unsupported'] as const;
export type Outcome = (typeof outcomes)[number];

/** How far an accepted operation has come: durable at the node, or durable at the relay. */
export const ackLevels = ['local', 'relay'] as const;
export type AckLevel = (typeof ackLevels)[number];
