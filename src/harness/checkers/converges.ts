import { z } from 'zod';
import type { HeldItem } from '../../contract/control.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { lastAcknowledged } from './last-acknowledged.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';
import { namedLosses } from './named-losses.ts';
import { readVector } from './vector.ts';
import { armedWindows } from './windows.ts';
import { vectorsOf } from './witnesses.ts';

/**
 * The system settled by its deadline; vectors and manifests are byte-identical on all nodes; each vector says all that
 * the ledger knows to be numbered; what retention took from the relay and a node named as a gap is left out of the
 * manifests, and that node’s vector stops before it; a node scans all again exactly when a fault set its cursor above the
 * relay’s head; no vector component ever went down.
 *
 * Not checked: cursors (a node's own affair, but see `ack-cursor-is-stored-cursor`), and the completeness of
 * collections, which no evidence holds yet.
 */
export const converges: Checker<Record<string, never>> = {
  name: 'converges',
  role: 'invariant',
  about:
    'The system settles in time with identical vectors and manifests, no full rescan and no component that went down.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    judgeSettled(record, clauses);
    const ledger = ledgerOf(record);
    judgeManifests(record, ledger, clauses);
    if (record.can.includes('vector')) {
      judgeVectors(record, ledger, clauses);
      judgeMonotone(record, clauses);
    } else clauses.notRun('version vectors (the system has none)');
    judgeRescans(record, clauses);
    if (record.can.includes('collection')) {
      judgeAbsence(record, clauses, 'collections', 'completeness of collections');
    } else clauses.notRun('collections (the system has none)');
    return clauses.finding();
  },
};

/** Every time the trial settled must be in time; the last one is what the evidence was collected after. */
function judgeSettled(record: TrialRecord, clauses: Clauses): void {
  const settled = entriesOf(record.entries, 'settled');
  if (settled.length === 0) {
    clauses.unknown('nobody waited for the system to settle');
    return;
  }
  const missed = settled.filter(({ reached }) => !reached);
  judgeTiming(
    record,
    clauses,
    Math.min(...(missed.length > 0 ? missed : settled).map(({ afterMs }) => afterMs)),
    missed.map(({ afterMs, lastSeen }) => `not settled after ${Math.round(afterMs)} ms; last seen ${brief(lastSeen)}`),
    'deadlines for settling missed',
    `settled after ${Math.round(settled.at(-1)!.afterMs)} ms`,
  );
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}

/** One line per item, in one order: what two nodes with the same state write alike, byte for byte. */
export function manifestOf(items: readonly HeldItem[]): readonly string[] {
  return items
    .map(({ item, author, sequence, bytes, digest, deleted }) =>
      // A tombstone may arrive before its item: nothing but the id is known of it then.
      JSON.stringify(deleted ? [item, 'deleted'] : [item, author, sequence, bytes, digest]),
    )
    .sort();
}

function judgeManifests(record: TrialRecord, ledger: Ledger, clauses: Clauses): void {
  const named = new Set(record.nodes.flatMap((node) => [...namedLosses(record, node, ledger)]));
  const manifests = new Map<string, readonly string[]>();
  for (const node of record.nodes) {
    const items = record.collected.nodes[node]?.items ?? null;
    if (items === null) judgeAbsence(record, clauses, `nodes.${node}.items`, `manifest of ${node}`);
    else manifests.set(node, manifestOf(items.filter(({ item }) => !named.has(item))));
  }
  if (manifests.size < 2) {
    if (record.nodes.length < 2) clauses.unknown('one node cannot differ from another');
    return;
  }
  const [[first, reference], ...others] = [...manifests] as [
    [string, readonly string[]],
    ...[string, readonly string[]][],
  ];
  for (const [node, manifest] of others) {
    clauses.none(
      [...differences(first, reference, node, manifest)],
      'differences between manifests',
      `manifests of ${reference.length} items alike`,
    );
  }
  if (reference.length === 0) clauses.unknown('the manifests are empty');
}

function differences(a: string, left: readonly string[], b: string, right: readonly string[]): string[] {
  if (left.length === right.length && left.every((line, index) => line === right[index])) return [];
  const inLeft = new Set(left);
  const inRight = new Set(right);
  const found = [
    ...left.filter((line) => !inRight.has(line)).map((line) => `only on ${a}: ${line}`),
    ...right.filter((line) => !inLeft.has(line)).map((line) => `only on ${b}: ${line}`),
  ];
  if (found.length === 0 && left.length !== right.length)
    found.push(`${a} has ${left.length} entries, ${b} ${right.length}`);
  return found;
}

function judgeVectors(record: TrialRecord, ledger: Ledger, clauses: Clauses): void {
  const vectors = new Map<string, string>();
  for (const node of record.nodes) {
    const vector = record.collected.nodes[node]?.vector ?? null;
    if (vector === null) judgeAbsence(record, clauses, `nodes.${node}.vector`, `vector of ${node}`);
    else vectors.set(node, vector);
  }
  const problems = [...vectors].flatMap(([node, vector]) => {
    const { problem } = readVector(vector);
    return problem === null ? [] : [`the vector of ${node} ${problem}`];
  });
  clauses.none(problems, 'vectors that are not canonical', 'vectors canonical');

  const numbered = highestNumbers(ledger);
  const withoutLoss = [...vectors].filter(([node]) => namedLosses(record, node, ledger).size === 0);
  const [first, ...others] = withoutLoss;
  for (const [node, vector] of others) {
    const breaches = vector === first![1] ? [] : components(first!, [node, vector]);
    clauses.none(breaches, 'differences between vectors', 'vectors alike');
  }
  if (numbered.size === 0) clauses.unknown('no numbered item is known, so vectors cannot be compared with anything');
  for (const [node, vector] of vectors) {
    clauses.none(
      againstLedger(node, vector, reachable(record, node, ledger, numbered)),
      'vector components that are not what is known',
      'vectors complete',
    );
  }
}

function components([a, left]: readonly [string, string], [b, right]: readonly [string, string]): string[] {
  const one = readVector(left).vector;
  const two = readVector(right).vector;
  const authors = [...new Set([...one.keys(), ...two.keys()])];
  const found = authors
    .filter((author) => one.get(author) !== two.get(author))
    .map((author) => `author ${short(author)}: ${one.get(author) ?? 0} on ${a}, ${two.get(author) ?? 0} on ${b}`);
  return found.length > 0 ? found : [`${a} and ${b} encode the same vector differently`];
}

/** By author: the highest number that its own announcements and all stores know of. */
function highestNumbers({ facts }: Ledger): ReadonlyMap<string, number> {
  const authorOfNode = new Map<string, string>();
  for (const { nodes, authors } of facts.values()) {
    if (nodes.size === 1 && authors.size === 1) authorOfNode.set([...nodes][0]!, [...authors][0]!);
  }
  const highest = new Map<string, number>();
  for (const { nodes, authors, sequences } of facts.values()) {
    const author = [...authors][0] ?? authorOfNode.get([...nodes][0] ?? '');
    if (author === undefined) continue;
    for (const sequence of sequences) highest.set(author, Math.max(highest.get(author) ?? 0, sequence));
  }
  return highest;
}

/** The same, but for an author of whom the node named losses: up to the first of them. */
function reachable(
  record: TrialRecord,
  node: string,
  ledger: Ledger,
  numbered: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const reached = new Map(numbered);
  for (const item of namedLosses(record, node, ledger)) {
    const { authors, sequences } = ledger.facts.get(item)!;
    for (const author of authors) {
      reached.set(author, Math.min(reached.get(author) ?? 0, ...[...sequences].map((sequence) => sequence - 1)));
    }
  }
  return reached;
}

function againstLedger(node: string, base64: string, numbered: ReadonlyMap<string, number>): string[] {
  const { vector, problem } = readVector(base64);
  if (problem !== null) return [];
  return [...new Set([...vector.keys(), ...numbered.keys()])]
    .filter((author) => (vector.get(author) ?? 0) !== (numbered.get(author) ?? 0))
    .map(
      (author) =>
        `author ${short(author)}: ${vector.get(author) ?? 0} in the vector of ${node}, ${numbered.get(author) ?? 0} are known`,
    );
}

/** Ids are shown by their first 8 characters. */
function short(author: string): string {
  return author.slice(0, 8);
}

function judgeMonotone(record: TrialRecord, clauses: Clauses): void {
  for (const node of record.nodes) {
    const snapshots = vectorsOf(record, node);
    const isWatched = snapshots.length > (record.collected.nodes[node]?.vector === null ? 0 : 1);
    if (!isWatched) clauses.unknown(`the vector of ${node} was not watched during the trial`);
    const fallen: string[] = [];
    const setBacks = timesSetBack(record, node);
    let before: ReadonlyMap<string, number> = new Map();
    let beforeMs = 0;
    for (const { atMs, vector: encoded } of snapshots) {
      // On data that were set back a node begins anew with what it knew then.
      if (setBacks.some((setBackMs) => beforeMs <= setBackMs && setBackMs <= atMs)) before = new Map();
      beforeMs = atMs;
      const { vector, problem } = readVector(encoded);
      if (problem !== null) {
        fallen.push(`a vector of ${node} ${problem}`);
        continue;
      }
      for (const [author, sequence] of before) {
        const now = vector.get(author) ?? 0;
        if (now < sequence) fallen.push(`author ${short(author)} on ${node}: from ${sequence} down to ${now}`);
      }
      before = vector;
    }
    clauses.none(fallen, 'vector components that went down', 'no component went down');
  }
}

/** When the trial put older data into the node's place. */
function timesSetBack(record: TrialRecord, node: string): readonly number[] {
  return entriesOf(record.entries, 'process').flatMap(({ atMs, target, event }) =>
    target === node && event === 'set-back' ? [atMs] : [],
  );
}

/** How often a fault gave the node a cursor that the relay had not come to: cause to read all again, and the only one. */
function timesSetAboveHead(record: TrialRecord, node: string): number {
  return armedWindows(record, 'set-cursor').filter(({ parameters, toMs }) => {
    const { target, cursor } = parameters as { target: string; cursor: number };
    return target === node && cursor > lastAcknowledged(record, toMs);
  }).length;
}

function judgeRescans(record: TrialRecord, clauses: Clauses): void {
  for (const node of record.nodes) {
    const rescans = record.collected.nodes[node]?.fullRescans ?? null;
    if (rescans === null) judgeAbsence(record, clauses, `nodes.${node}.fullRescans`, `full rescans of ${node}`);
    else {
      const due = timesSetAboveHead(record, node);
      clauses.none(
        rescans === due ? [] : [`${node} did ${rescans} full rescans, ${due} were due`],
        'nodes that scanned all again without need, or took a cursor above the relay’s head as it was',
        rescans === 0 ? 'no full rescan' : `${rescans} for a cursor above the relay’s head`,
      );
    }
  }
}
