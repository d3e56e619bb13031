import type { NodeEvent } from '../../contract/control.ts';
import type { Prng } from '../../support/prng.ts';
import type { NamedFinding } from '../checkers/checker.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import type { Collected } from '../history/collected.ts';
import type { HistoryEntry, HistoryFact } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { TrialResult } from '../runner/results.ts';

export interface SampleTrialPlan {
  readonly scenario: string;
  readonly variant: string;
  readonly iteration: number;
  readonly runSeed: string;
  readonly trouble: 'lost-item' | 'no-reaction' | 'no-proof' | 'engine-down' | null;
  readonly disarmed: boolean;
  readonly prng: Prng;
}

const nodes = ['node-a', 'node-b'] as const;
const openedMs = Date.parse('2026-11-21T10:15:00.000Z');

/** One trial with its record; without one when the stage could not be opened. */
export function sampleTrial(plan: SampleTrialPlan): { trial: TrialResult; record: TrialRecord | null } {
  const { scenario, variant, iteration, runSeed, trouble } = plan;
  const seed = `${runSeed}/${scenario}/${iteration}/${variant}`;
  const repro =
    `npm run chaos -- run ${scenario} --seed ${runSeed} --iteration ${iteration} --variant ${variant} --arena simulator` +
    (plan.disarmed ? ' --disarm' : '');
  if (trouble === 'engine-down') {
    const because = 'starting relay (compose/mitm.yml): the engine did not answer within 10000 ms; see `chaos doctor`';
    const failed = { verdict: 'error', because, deciding: [], findings: [], phasesMs: {}, durationMs: 10_020 } as const;
    return { trial: { variant, seed, repro, ...failed }, record: null };
  }
  const entries = entriesOf(plan);
  const findings = findingsOf(plan);
  const deciding = findings.filter((finding) => finding.verdict === 'invalid');
  const verdict = trouble === null ? 'pass' : trouble === 'no-proof' ? 'inert' : 'fail';
  const broken = trouble === 'no-reaction' ? 'a reaction did not come' : 'an invariant is broken';
  const reasons = { pass: '', inert: 'a fault left no proof', fail: broken };
  const trial: TrialResult = {
    variant,
    verdict,
    because:
      verdict === 'pass'
        ? `${findings.length} checks hold`
        : [reasons[verdict], ...deciding.map(({ check, because }) => `${check}: ${because}`)].join('; '),
    deciding: deciding.map(({ check }) => check),
    findings,
    seed,
    repro,
    phasesMs: phasesOf(entries),
    durationMs: Math.round(entries.at(-1)!.atMs - openedMs) + 310,
  };
  const record: TrialRecord = {
    scenario,
    variant,
    iteration,
    seed,
    arena: 'simulator',
    nodes,
    can: [],
    baseline: cleanNetwork,
    entries,
    collected: collected(plan.prng),
  };
  return { trial, record };
}

function phasesOf(entries: readonly HistoryEntry[]): Record<string, number> {
  const starts = entries.filter((entry) => entry.kind === 'phase');
  const endMs = entries.at(-1)!.atMs;
  return Object.fromEntries(
    starts.map((entry, index) => [entry.phase, (starts[index + 1]?.atMs ?? endMs) - entry.atMs]),
  );
}

/** Facts are noted at any time and come out in the order of time. */
class Script {
  readonly #facts: { atMs: number; fact: HistoryFact }[] = [];
  #operations = 0;

  at(ms: number, fact: HistoryFact): void {
    this.#facts.push({ atMs: openedMs + ms, fact });
  }

  event(ms: number, node: string, event: NodeEvent): void {
    this.at(ms, { kind: 'event', node, event });
  }

  /** A push, and the acknowledgement `ackAfterMs` later; null: it never comes. */
  push(ms: number, node: string, part: string, item: string, ackAfterMs: number | null): void {
    const operation = this.#operations++;
    this.at(ms, { kind: 'invoked', operation, node, op: 'push', part, bytes: 1024, digest: '00'.repeat(32) });
    this.at(ms + 1.2, { kind: 'answered', operation, outcome: 'ok', level: 'local', item, cursor: null, sequence: 1 });
    if (ackAfterMs === null) return;
    const atMs = openedMs + ms + ackAfterMs;
    this.event(ms + ackAfterMs, node, { event: 'acked', atMs, item, cursor: operation + 1, sequence: operation });
    const other = nodes.find((one) => one !== node)!;
    this.event(ms + ackAfterMs + 6, other, {
      event: 'received',
      atMs: atMs + 6,
      item,
      cursor: operation + 1,
      author: 'device',
      sequence: operation,
    });
  }

  connect(ms: number, node: string, outcome: 'ok' | 'unknown' = 'ok'): void {
    const operation = this.#operations++;
    this.at(ms, { kind: 'invoked', operation, node, op: 'connect', part: 'group' });
    this.at(ms + 4, { kind: 'answered', operation, outcome });
    this.state(ms + 1, node, 'connecting');
  }

  state(ms: number, node: string, state: (NodeEvent & { event: 'state' })['state'], attempt = 0): void {
    this.event(ms, node, { event: 'state', atMs: openedMs + ms, state, attempt });
  }

  entries(): HistoryEntry[] {
    return this.#facts
      .toSorted((one, other) => one.atMs - other.atMs)
      .map(({ atMs, fact }, index) => ({ index, atMs, ...fact }) as HistoryEntry);
  }
}

function entriesOf({ scenario, variant, trouble, disarmed, prng }: SampleTrialPlan): HistoryEntry[] {
  const script = new Script();
  const id = () => Buffer.from(prng.bytes(8)).toString('hex');
  script.at(0, { kind: 'phase', phase: 'opened' });
  for (const node of nodes) {
    script.connect(40, node);
    script.state(95 + prng.below(20), node, 'connected');
  }
  script.at(150, { kind: 'phase', phase: 'seeding' });
  for (const node of nodes) {
    for (let index = 0; index < 20; index += 1) {
      script.push(160 + index * 9 + prng.below(4), node, 'seed', id(), prng.between(4, 14));
    }
  }
  script.at(2_420, { kind: 'settled', reached: true, afterMs: 2_080 });
  script.at(2_430, { kind: 'phase', phase: 'loading' });
  const endMs = loads[scenario]!(script, { variant, trouble, disarmed, prng, id });
  for (let ms = 500; ms < endMs; ms += 500) script.at(ms, { kind: 'lag', timerLagMs: prng.between(0.2, 3) });
  script.at(endMs, { kind: 'phase', phase: 'healing' });
  script.at(endMs + 12, { kind: 'healed', fault: 0 });
  script.at(endMs + 14, { kind: 'phase', phase: 'settling' });
  script.at(endMs + 2_190, { kind: 'settled', reached: true, afterMs: 2_176 });
  script.at(endMs + 2_210, { kind: 'phase', phase: 'collecting' });
  script.at(endMs + 2_380, { kind: 'lag', timerLagMs: 1.1 });
  return script.entries();
}

interface LoadPlan extends Pick<SampleTrialPlan, 'variant' | 'trouble' | 'disarmed' | 'prng'> {
  readonly id: () => string;
}

/** Each load gives back when it ends. */
const loads: Readonly<Record<string, (script: Script, plan: LoadPlan) => number>> = {
  'S-CONC-01': (script, { trouble, disarmed, prng, id }) => {
    script.at(2_440, {
      kind: 'injected',
      fault: 0,
      name: 'latency',
      parameters: { link: ['node-a', 'node-b'], direction: ['up', 'down'], delay: 20, jitter: 0 },
      disarmed,
    });
    for (let round = 0; round < 20; round += 1) {
      for (const node of nodes) {
        const isLost = trouble === 'lost-item' && node === 'node-b' && round === 11;
        const ackAfterMs = isLost ? null : prng.between(41, 58);
        script.push(2_460 + round * 64 + prng.between(0, 3), node, 'load[0].barrier-push', id(), ackAfterMs);
      }
    }
    for (const node of nodes) {
      for (let index = 0; index < 50; index += 1) {
        script.push(3_760 + index * 4, node, 'load[1].push', id(), prng.between(41, 95));
      }
    }
    return 4_100;
  },
  'E-HS-01': (script, { variant, trouble, disarmed, prng, id }) => {
    const isCut = variant === 'cut-after-m1';
    script.state(2_440, 'node-a', 'disconnected');
    script.at(2_450, {
      kind: 'injected',
      fault: 0,
      name: isCut ? 'cut-after-bytes' : 'flip-bit',
      parameters: isCut
        ? { link: 'node-a', direction: 'up', at: 1229 }
        : { link: 'node-a', record: 'm2', field: 'ekem', drawn: { bit: 9_731 } },
      disarmed,
    });
    script.connect(2_470, 'node-a');
    script.state(2_474, 'node-a', 'handshaking');
    if (!disarmed) {
      const failed = { stage: isCut ? 'm2' : 'm3', reason: isCut ? 'connection-closed' : 'authentication' };
      script.event(2_560, 'node-a', { event: 'handshake-failed', atMs: openedMs + 2_560, afterMs: 86, ...failed });
      script.state(2_561, 'node-a', 'reconnecting', 1);
      const value = { node: 'node-a', afterFailureMs: 4, value: 1, sessions: 0 };
      script.at(2_564, { kind: 'witness', name: 'pending-handshakes', value });
      const gone = { ...value, afterFailureMs: trouble === null ? 31 : 1_490, value: trouble === null ? 0 : 1 };
      script.at(trouble === null ? 2_591 : 4_050, { kind: 'witness', name: 'pending-handshakes', value: gone });
      script.state(5_120, 'node-a', 'handshaking', 1);
    }
    script.state(5_190, 'node-a', 'connected');
    for (let index = 0; index < 3; index += 1)
      script.push(5_230 + index * 7, 'node-a', 'load[1].push', id(), prng.between(5, 15));
    return 5_300;
  },
  'T-LOSS-02': (script, { variant, trouble, disarmed, prng, id }) => {
    const share = variant === 'p10' ? 0.1 : 0.2;
    const link = ['node-a', 'node-b'];
    const parameters = { link, direction: ['up', 'down'], share };
    script.at(2_450, { kind: 'injected', fault: 0, name: 'loss', parameters, disarmed });
    for (const node of nodes) {
      for (let index = 0; index < 64; index += 1) {
        // A lost segment waits for its retransmission: 200 ms, doubled each time it is lost again.
        let stallMs = 0;
        for (let waitMs = 200; waitMs <= 1600 && prng.chance(share * 2); waitMs *= 2) stallMs += waitMs;
        script.push(2_460 + index * 2, node, 'load[0].push', id(), 30 + index * 22 + stallMs + prng.between(0, 20));
      }
      for (let time = 0; time < 3; time += 1) {
        const cutMs = 6_400 + time * 1_400 + (node === 'node-a' ? 0 : 250);
        script.at(cutMs, { kind: 'witness', name: 'cut-unacknowledged', value: { node, time } });
        script.state(cutMs + 3, node, 'reconnecting', 1);
        script.state(cutMs + 1_090, node, 'connected');
      }
    }
    const dropped = trouble === 'no-proof' ? 0 : prng.below(30) + 180;
    const counted = { packetsSeen: 1_420, packetsDropped: dropped, segmentsRetransmitted: Math.round(dropped * 0.8) };
    script.at(11_190, { kind: 'witness', name: 'loss', fault: 0, value: counted });
    return 11_200;
  },
};

const standing = [
  ['no-data-loss', '140 accepted pushes on both nodes'],
  ['no-silent-corruption', '280 stored items hash to what was pushed'],
  ['no-plaintext', '61 canaries in 14 sources, 0 hits, every positive control found'],
  ['converges', 'vectors and manifests are the same bytes on 2 nodes'],
  ['no-metadata-leak', '412 log lines and 2 pages judged, none stray'],
  ['health', '2 sessions, 0 pending handshakes, descriptors +0, integrity ok'],
  ['outstanding-kept', 'no refusal seen and both lists are empty'],
] as const;

const own: Readonly<Record<string, readonly (readonly [string, NamedFinding['role'], string])[]>> = {
  'S-CONC-01': [
    ['distinct-cursors', 'invariant', '140 cursors, all distinct'],
    ['ack-cursor-is-stored-cursor', 'invariant', '140 acknowledged cursors equal the stored ones'],
    ['barrier-skew', 'proof', '20 rounds, skew at most 2.9 ms'],
    ['overlapping-pushes', 'proof', '20 of 20 rounds overlapped, expected at least 10'],
  ],
  'E-HS-01': [
    ['typed-failure', 'reaction', 'node-a: authentication after 86 ms'],
    ['fresh-ephemerals', 'reaction', '2 attempts, 2 ephemerals'],
    ['success-within-attempts', 'reaction', 'connected at attempt 2 of 2'],
    ['pending-handshakes-gone', 'reaction', '0 pending 31 ms after the failure, allowed 1000 ms'],
    ['initiator-failures', 'proof', 'node-a counts 1 failed handshake, expected 1'],
  ],
  'T-LOSS-02': [
    ['ends-ok-or-retryable', 'invariant', '134 pushes ended ok or retryable within 30000 ms'],
    ['status-never-terminal', 'invariant', 'no terminal error in 84 statuses'],
    ['packets-dropped', 'proof', '203 of 1420 packets dropped'],
    ['retransmissions', 'proof', '162 segments sent again, share 0.8 of those dropped'],
  ],
};

function findingsOf({ scenario, trouble }: SampleTrialPlan): NamedFinding[] {
  const findings: NamedFinding[] = [
    ...standing.map(([check, because]) => ({ check, because, role: 'invariant', standing: true, verdict: 'valid' })),
    ...own[scenario]!.map(([check, role, because]) => ({ check, role, because, standing: false, verdict: 'valid' })),
  ] as NamedFinding[];
  const broken = (check: string, because: string, witnesses: readonly string[]): NamedFinding[] =>
    findings.map((finding) =>
      finding.check === check ? { ...finding, verdict: 'invalid', because, witnesses } : finding,
    );
  if (trouble === 'lost-item') {
    return broken('no-data-loss', '1 of 140 accepted pushes is missing on node-a', [
      'push 62 of node-b (round 11, 1024 bytes, SHA-256 9f2c…41) accepted at 3.166 s, never acknowledged',
      'item 7b1e40c9d2a85f36 is in no store but node-b’s',
    ]);
  }
  if (trouble === 'no-reaction') {
    return broken('pending-handshakes-gone', '1 pending 1490 ms after the failure, allowed 1000 ms', [
      'node-a failed at 2.560 s; the relay still held 1 handshake at 4.050 s',
    ]);
  }
  if (trouble === 'no-proof') {
    const proof = findings.find((finding) => finding.role === 'proof')!;
    return broken(proof.check, '0 seen, expected at least 20', ['fault 0 was on from 2.450 s to 11.212 s']);
  }
  return findings;
}

function collected(prng: Prng): Collected {
  const stats = {
    uptimeMs: 10_000,
    sessions: [],
    pendingHandshakes: 0,
    accepts: 4,
    rejects: {},
    recordsIn: 300,
    recordsOut: 300,
    framesIn: 290,
    framesOut: 290,
    heartbeatsIn: 20,
    heartbeatsOut: 20,
    groups: [],
    openDescriptors: 24,
    residentBytes: 71_000_000,
    cleanupRuns: 0,
    expired: 0,
    deleted: 0,
  };
  const node = {
    alive: true,
    unscheduledExits: [],
    itemsFrom: 'rows',
    items: [],
    answeredItems: [],
    vector: null,
    cursor: 140,
    pending: 0,
    outstanding: [],
    fullRescans: 0,
    integrityCheck: 'ok',
  } as const;
  return {
    nodes: { 'node-a': node, 'node-b': node },
    relay: {
      alive: true,
      unscheduledExits: [],
      stats: { ...stats, openDescriptors: 26, residentBytes: 73_400_320 + prng.below(1_000_000) },
      baseline: stats,
      rows: [],
      integrityCheck: 'ok',
      closeWait: 0,
    },
    searches: [],
    metadata: { logLines: 412, strayLines: [], pages: ['/metrics', '/health'], strayPages: [], markFound: true },
    captures: [],
    tapJournal: null,
    links: { 'node-a': { bytesUp: 180_000, bytesDown: 190_000, connections: 2 } },
    missing: [],
  };
}
