import type { Checker, CheckRole } from '../checkers/checker.ts';
import { checkers, standingChecks } from '../checkers/registry.ts';
import { faults } from '../faults/registry.ts';
import { triggers } from '../triggers/registry.ts';
import { steps } from '../workload/registry.ts';
import { checkNames, type KnownDefects } from './check-names.ts';
import {
  type BoundCheck,
  type BoundFault,
  type BoundStep,
  type BoundTrigger,
  type Lane,
  onlyVariant,
  type Scenario,
  type Variant,
  type VariantTurn,
  variantTurns,
  type Written,
} from './scenario.ts';
import { categoryOf, type ScenarioFile, scenarioFile, type VariantFile } from './scenario-file.ts';
import { type Path, YamlFile } from './yaml-file.ts';

/**
 * Reads one scenario file and binds every name in it. Throws one ScenarioError with all problems of the file: file,
 * line, what was expected, what was found. `defects`: which may be planted; null where that is not asked.
 */
export function loadScenario(name: string, path: string, defects: KnownDefects | null = null): Scenario {
  return bindScenario(name, YamlFile.read(name, path), defects);
}

/** The same for a text that is already there. */
export function parseScenario(name: string, text: string, defects: KnownDefects | null = null): Scenario {
  return bindScenario(name, new YamlFile(name, text), defects);
}

function bindScenario(name: string, file: YamlFile, defects: KnownDefects | null): Scenario {
  const read = file.check(scenarioFile);
  checkNames(file, defects);
  if (read === null) {
    noteNames(file);
    file.throwIfWrong();
    throw new Error('a file that does not fit has problems');
  }
  const groups = writtenVariants(read);
  const written = Object.fromEntries(groups.map(({ name: variant, added }) => [variant, added]));
  const base = bindParts(file, read, []);
  const variants = groups.map(({ name: variant, key, turn, added }): Variant => {
    const bound = added === null ? noParts : bindParts(file, added, ['variants', turn, key]);
    const shared = turn === 'sweep' ? noParts : base;
    return {
      name: variant,
      key,
      turn,
      comment: asText([
        ...file.commentAbove(['variants', turn]),
        ...file.commentAbove(['variants', turn, key]),
        ...file.commentsAboveFields(['variants', turn, key]),
      ]),
      eachSimulated: added?.simulator === 'each',
      topology: added?.topology ?? read.topology,
      profile: added?.profile ?? read.profile,
      needs: [...read.needs, ...(added?.needs ?? [])],
      seeded: (added?.seed ?? read.seed) === 'standard',
      settleWithinMs: (added?.settle ?? read.settle).within,
      observeEveryMs: read.observe ?? null,
      sweepSeeds: added?.['sweep-seeds'] ?? 0,
      prepare: [...shared.prepare, ...bound.prepare],
      faults: [...shared.faults, ...bound.faults],
      load: joinedLanes(shared.load, bound.load),
      afterwards: [...shared.afterwards, ...bound.afterwards],
      invariants: [...shared.invariants, ...bound.invariants],
      reactions: [...shared.reactions, ...bound.reactions],
      proofs: [...shared.proofs, ...bound.proofs],
    };
  });
  const orders = bindSweep(file, read);
  checkWhole(file, read, variants);
  checkProofs(
    file,
    // A proof whose name is wrong is told as that, not also as missing.
    variants.filter(
      ({ name, turn, proofs }) =>
        proofs.length === (turn === 'sweep' ? 0 : read.proof.length) + (written[name]?.proof.length ?? 0),
    ),
  );
  for (const { name: variant, turn, added } of groups) {
    for (const part of ['load', 'proof'] as const) {
      if (sizeOf(turn === 'sweep' ? [] : read[part]) + sizeOf(added?.[part] ?? []) > 0) continue;
      file.note([part], `at least one entry for the variant ${variant}`, []);
    }
  }
  file.throwIfWrong();
  return {
    file: name,
    id: read.id,
    name: read.name,
    category: categoryOf(read.id),
    why: read.why,
    comment: asText(file.commentsAboveFields([])),
    topology: read.topology,
    profile: read.profile,
    iterations: read.iterations,
    exclusive: read.exclusive,
    tags: read.tags,
    variants,
    planted: read.planted.map((planted) => ({
      defect: planted.defect,
      caughtBy: planted['caught-by'],
      except: planted.except ?? null,
    })),
    plantedInTester: read['planted-in-tester'],
    orders,
    smoke: read.smoke ?? null,
  };
}

function asText(comment: readonly string[]): string | null {
  return comment.length === 0 ? null : comment.join(' ');
}

interface WrittenVariant {
  readonly name: string;
  /** Its name in the file, where it stands for several. */
  readonly key: string;
  readonly turn: VariantTurn;
  readonly added: VariantFile | null;
}

function writtenVariants({ variants }: ScenarioFile): readonly WrittenVariant[] {
  if (variants === undefined) return [{ name: onlyVariant, key: onlyVariant, turn: 'each', added: null }];
  return variantTurns.flatMap((turn) =>
    Object.entries(variants[turn]).flatMap(([key, added]) =>
      withEachNumberOfNodes(key, added).map((one) => ({ ...one, key, turn })),
    ),
  );
}

function withEachNumberOfNodes(key: string, added: VariantFile | null): Pick<WrittenVariant, 'name' | 'added'>[] {
  const counts = added?.['sweep-nodes'];
  if (counts === undefined) return [{ name: key, added }];
  return Array.from({ length: counts.to - counts.from + 1 }, (_, index) => {
    const count = counts.from + index;
    return { name: `${key}-${count}`, added: withNodes(added, count) as VariantFile };
  });
}

/** The same with so many nodes wherever it says `swarm-n` or `node-1..n`. */
function withNodes(value: unknown, count: number): unknown {
  if (typeof value === 'string') return value.replace(/^(swarm-|node-\d+\.\.)n$/, `$1${count}`);
  if (Array.isArray(value)) return value.map((one) => withNodes(one, count));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withNodes(one, count)]));
}

/** The trial of a sweep stands alone: nothing of the scenario's own load, faults and checks is added to it. */
function bindSweep(file: YamlFile, { sweep, settle, topology, profile }: ScenarioFile): Scenario['orders'] {
  if (sweep === undefined) return null;
  for (const part of ['load', 'proof'] as const) {
    if (sizeOf(sweep[part]) === 0) file.note(['sweep', part], 'at least one entry', []);
  }
  const variant: Variant = {
    name: 'sweep',
    key: 'sweep',
    turn: 'sweep',
    comment: asText(file.commentsAboveFields(['sweep'])),
    eachSimulated: false,
    topology,
    profile,
    needs: [],
    seeded: sweep.seed === 'standard',
    settleWithinMs: settle.within,
    observeEveryMs: null,
    sweepSeeds: 0,
    ...bindParts(file, sweep, ['sweep']),
  };
  return { step: sweep['orders-of'], variant };
}

interface BoundParts {
  readonly prepare: readonly BoundStep[];
  readonly faults: readonly BoundFault[];
  readonly load: readonly Lane[];
  readonly afterwards: readonly BoundStep[];
  readonly invariants: readonly BoundCheck[];
  readonly reactions: readonly BoundCheck[];
  readonly proofs: readonly BoundCheck[];
}

const noParts: BoundParts = {
  prepare: [],
  faults: [],
  load: [],
  afterwards: [],
  invariants: [],
  reactions: [],
  proofs: [],
};

type WrittenParts = Pick<
  VariantFile | ScenarioFile,
  'prepare' | 'faults' | 'load' | 'afterwards' | 'invariants' | 'reactions' | 'proof'
>;

function bindParts(file: YamlFile, written: WrittenParts, path: Path): BoundParts {
  const at = (list: string, index: number): Path => [...path, list, index];
  return {
    prepare: written.prepare.flatMap((entry, index) => bindStep(file, entry, at('prepare', index))),
    faults: written.faults.flatMap((_entry, index) => bindFault(file, written, index, at('faults', index))),
    load: bindLoad(file, written.load, [...path, 'load']),
    afterwards: written.afterwards.flatMap((entry, index) => bindStep(file, entry, at('afterwards', index))),
    invariants: written.invariants.flatMap((entry, index) =>
      bindCheck(file, entry, 'invariant', at('invariants', index)),
    ),
    reactions: written.reactions.flatMap((entry, index) => bindCheck(file, entry, 'reaction', at('reactions', index))),
    proofs: written.proof.flatMap((entry, index) => bindCheck(file, entry, 'proof', at('proof', index))),
  };
}

/** The lane of a load that is one list. */
const onlyLane = 'load';

function bindLoad(file: YamlFile, load: WrittenParts['load'], path: Path): Lane[] {
  const bindAll = (entries: readonly unknown[], at: Path) =>
    entries.flatMap((entry, index) => bindStep(file, entry, [...at, index]));
  if (Array.isArray(load)) {
    return load.length === 0 ? [] : [{ name: onlyLane, comment: null, steps: bindAll(load, path) }];
  }
  return Object.entries(load).map(([name, entries]) => ({
    name,
    comment: asText(file.commentAbove([...path, name])),
    steps: bindAll(entries, [...path, name]),
  }));
}

/** Lanes of one name follow one another: the scenario's steps, then the variant's. */
function joinedLanes(base: readonly Lane[], added: readonly Lane[]): Lane[] {
  const names = [...new Set([...base, ...added].map(({ name }) => name))];
  return names.map((name) => {
    const lanes = [...base, ...added].filter((lane) => lane.name === name);
    return {
      name,
      comment: asText(lanes.flatMap(({ comment }) => comment ?? [])),
      steps: lanes.flatMap(({ steps: own }) => own),
    };
  });
}

function sizeOf(list: object): number {
  return Object.keys(list).length;
}

function bindStep(file: YamlFile, entry: unknown, path: Path): BoundStep[] {
  const named = nameAndParameters(file, entry, path);
  if (named === null) return [];
  const step = steps[named.name];
  if (step === undefined) {
    file.noteUnknown(path, 'one of the steps', named.name, Object.keys(steps));
    return [];
  }
  const parameters = file.check(step.parameters, named.path, named.parameters ?? {});
  return parameters === null
    ? []
    : [{ name: named.name, parameters, written: writtenAt(file, path, named.parameters), step }];
}

function bindCheck(file: YamlFile, entry: unknown, role: CheckRole, path: Path): BoundCheck[] {
  const named = nameAndParameters(file, entry, path);
  if (named === null) return [];
  const ofRole = Object.values(checkers).filter((checker: Checker) => checker.role === role);
  const checker = ofRole.find((candidate) => candidate.name === named.name);
  if (checker === undefined) {
    file.noteUnknown(
      path,
      `one of the checks with the role ${role}`,
      named.name,
      ofRole.map((known) => known.name),
    );
    return [];
  }
  const parameters = file.check(checker.parameters, named.path, named.parameters ?? {});
  return parameters === null
    ? []
    : [{ name: named.name, parameters, written: writtenAt(file, path, named.parameters), checker }];
}

function bindFault(file: YamlFile, written: WrittenParts, index: number, path: Path): BoundFault[] {
  const { kind, until, 'at-most': atMost, for: lasting, when, within, ...parameters } = written.faults[index]!;
  const fault = faults[kind];
  if (fault === undefined) {
    file.noteUnknown([...path, 'kind'], 'one of the faults', kind, Object.keys(faults));
    return [];
  }
  const trigger = when === undefined ? null : bindTrigger(file, when, within, [...path, 'when']);
  const checked = file.check(fault.parameters, path, parameters);
  if (checked === null) return [];
  return [
    {
      kind,
      parameters: checked,
      written: writtenAt(file, path, parameters),
      fault,
      when: trigger,
      until,
      atMostMs: atMost ?? null,
      forMs: lasting ?? null,
    },
  ];
}

function bindTrigger(file: YamlFile, entry: unknown, withinMs: number, path: Path): BoundTrigger | null {
  const named = nameAndParameters(file, entry, path);
  if (named === null) return null;
  const trigger = triggers[named.name];
  if (trigger === undefined) {
    file.noteUnknown(path, 'one of the triggers', named.name, Object.keys(triggers));
    return null;
  }
  const parameters = file.check(trigger.parameters, named.path, named.parameters ?? {});
  return parameters === null
    ? null
    : { name: named.name, parameters, written: writtenAt(file, path, named.parameters), trigger, withinMs };
}

function writtenAt(file: YamlFile, path: Path, parameters: unknown): Written {
  return { parameters, comment: asText(file.commentsOf(path)) };
}

/** `name` alone, or `{ name: parameters }`. */
function nameAndParameters(file: YamlFile, entry: unknown, path: Path) {
  if (typeof entry === 'string') return { name: entry, parameters: undefined, path };
  const keys = Object.keys(entry as object);
  if (keys.length !== 1) {
    file.note(path, 'one name, or one name with its parameters', entry);
    return null;
  }
  const name = keys[0]!;
  return { name, parameters: (entry as Record<string, unknown>)[name], path: [...path, name] };
}

/** Every fault of a variant needs a proof of its kind: one that is nobody's proof could do nothing and pass. */
function checkProofs(file: YamlFile, variants: readonly Variant[]): void {
  for (const { name, faults: suffered, proofs } of variants) {
    for (const kind of new Set(suffered.map((fault) => fault.kind))) {
      if (proofs.some(({ checker }) => checker.proves?.includes(kind))) continue;
      const able = Object.values(checkers).filter((checker) => checker.proves?.includes(kind));
      const names = able.map((checker) => checker.name).join(', ') || 'none is built yet';
      file.note(
        ['proof'],
        `a proof of the fault ${kind} for the variant ${name} (${names})`,
        proofs.map((proof) => proof.name),
      );
    }
  }
}

/** What only the whole file shows. */
function checkWhole(file: YamlFile, read: ScenarioFile, variants: readonly Variant[]): void {
  const names = variants.map((variant) => variant.name);
  for (const [index, name] of (read.smoke?.variants ?? []).entries()) {
    if (!names.includes(name)) file.noteUnknown(['smoke', 'variants', index], 'one of the variants', name, names);
  }
  const own = variants.flatMap((variant) => [...variant.invariants, ...variant.reactions].map((check) => check.name));
  const catching = [...new Set([...standingChecks.map((check) => check.name), ...own])];
  for (const [index, planted] of read.planted.entries()) {
    const caughtBy = planted['caught-by'];
    if (!catching.includes(caughtBy)) {
      file.noteUnknown(
        ['planted', index, 'caught-by'],
        'a standing check or one of the scenario’s own',
        caughtBy,
        catching,
      );
    }
  }
}

/** A file whose outline is wrong may have wrong names as well: note those that can be told, so that one round fixes all. */
function noteNames(file: YamlFile): void {
  const list = (name: string): unknown[] => {
    const value = file.at([name]);
    return Array.isArray(value) ? value : [];
  };
  list('faults').forEach((entry, index) => {
    const kind = (entry as { kind?: unknown } | null)?.kind;
    if (typeof kind === 'string' && faults[kind] === undefined) {
      file.noteUnknown(['faults', index, 'kind'], 'one of the faults', kind, Object.keys(faults));
    }
  });
  for (const part of ['prepare', 'load', 'afterwards']) {
    list(part).forEach((entry, index) => {
      if (entry !== null && (typeof entry === 'string' || typeof entry === 'object'))
        bindStep(file, entry, [part, index]);
    });
  }
}
