import type { RelayStats } from '../../contract/relay-stats.ts';
import { until, WaitError } from '../../support/until.ts';
import type { TrialContext } from './trial-context.ts';
import { observeStatus } from './watch.ts';

/** No frames but heartbeats for this long. */
const quietMs = 2_000;
const pollEveryMs = 250;

interface Seen {
  readonly nodes: Readonly<Record<string, { pending: number | null; cursor: number | null } | 'no answer'>>;
  /** Of the trial's group; null for a system without statistics. */
  readonly headCursor: number | null | 'no answer';
  readonly quietForMs: number;
}

/**
 * Waits until the system has settled: every outbox empty, every contiguous cursor at the relay's head, and no frames
 * but heartbeats for 2 s. Records whether it was reached; missing it is for the checkers to judge.
 *
 * As long as the relay's statistics show that it is quiet, but not yet for long enough, the nodes are left alone.
 */
export async function settle(context: TrialContext, withinMs: number): Promise<boolean> {
  const { topology, clock, history } = context;
  const startedMs = clock.monotonicMs();
  let nodes: Seen['nodes'] = {};
  let work: string | null = null;
  let workChangedMs = startedMs;

  const probe = async (): Promise<Seen> => {
    const stats = await topology.relay.stats().catch(() => 'no answer' as const);
    const isTold = stats !== null && stats !== 'no answer';
    const told = isTold ? JSON.stringify(workOf(stats)) : null;
    const isSame = told !== null && told === work;
    const sameForMs = isSame ? clock.monotonicMs() - workChangedMs : null;
    if (sameForMs === null || sameForMs >= quietMs) nodes = await lookAtNodes(context);
    const now = told ?? JSON.stringify([nodes, await bytesPassed(context)]);
    if (now !== work) workChangedMs = clock.monotonicMs();
    work = now;
    const quietForMs = sameForMs ?? clock.monotonicMs() - workChangedMs;
    return { nodes, headCursor: isTold ? headOf(stats, context.facts.group) : stats, quietForMs };
  };

  try {
    await until(clock, {
      what: 'the system to settle',
      probe,
      holds: isSettled,
      everyMs: pollEveryMs,
      timeoutMs: withinMs,
    });
    history.append({ kind: 'settled', reached: true, afterMs: clock.monotonicMs() - startedMs });
    return true;
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    history.append({ kind: 'settled', reached: false, afterMs: withinMs, lastSeen: error.lastSeen });
    return false;
  }
}

async function lookAtNodes(context: TrialContext): Promise<Seen['nodes']> {
  const looks = context.topology.nodes.map(async (node) => {
    const status = await observeStatus(context, node);
    return [node, status ? { pending: status.pending, cursor: status.cursor } : ('no answer' as const)] as const;
  });
  return Object.fromEntries(await Promise.all(looks));
}

function isSettled({ nodes, headCursor, quietForMs }: Seen): boolean {
  if (quietForMs < quietMs || headCursor === 'no answer') return false;
  return Object.values(nodes).every(
    (node) =>
      node !== 'no answer' &&
      (node.pending === null || node.pending === 0) &&
      (headCursor === null || node.cursor === null || node.cursor === headCursor),
  );
}

/** Frames that are work, both ways; heartbeats go on for ever. */
function workOf(stats: RelayStats): readonly number[] {
  return [stats.framesIn - stats.heartbeatsIn, stats.framesOut - stats.heartbeatsOut];
}

/** The highest cursor of the group; a group the relay has never seen has head 0. */
function headOf(stats: RelayStats, group: string): number {
  return stats.groups.find((entry) => entry.group === group)?.headCursor ?? 0;
}

/** For a system without statistics: what the links have carried, heartbeats of such a system included. */
async function bytesPassed({ topology }: TrialContext): Promise<readonly number[]> {
  const witnesses = await Promise.all(topology.nodes.map((node) => topology.link(node).witness()));
  return witnesses.flatMap((witness) => [witness.bytesUp, witness.bytesDown]);
}
