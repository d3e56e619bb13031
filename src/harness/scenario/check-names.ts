import { nodesNamedBy } from '../../contract/parameters.ts';
import { nodesOf } from '../topology/node-names.ts';
import { didYouMean } from './did-you-mean.ts';
import { onlyVariant, variantTurns } from './scenario.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** The names of planted defects. */
export interface KnownDefects {
  /** Null: those of the system are known to itself alone. */
  readonly system: readonly string[] | null;
  readonly tester: readonly string[];
}

/** What the entries of a variant may name. */
interface Nameable {
  readonly variant: string;
  readonly topology: string;
  /** Null: no arena has its topology yet. */
  readonly nodes: readonly string[] | null;
  /** Their kinds, in the order of the variant's list. */
  readonly faults: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The lists of entries that name nodes and faults. */
const lists = ['prepare', 'faults', 'load', 'afterwards', 'invariants', 'reactions', 'proof'] as const;

/**
 * Notes every name in the file that means nothing, beside those of the entries themselves. It looks at what is written,
 * so it needs no file that fits.
 */
export function checkNames(file: YamlFile, defects: KnownDefects | null): void {
  checkEntries(file);
  if (defects === null) return;
  checkDefects(file, 'planted', 'system', defects.system);
  checkDefects(file, 'planted-in-tester', 'tester', defects.tester);
}

/** Notes every planted defect of a list that is not among those known; `known` null: none is told. */
export function checkDefects(file: YamlFile, list: string, of: string, known: readonly string[] | null): void {
  const written = fieldsOf(file.value)[list];
  if (known === null || !Array.isArray(written)) return;
  for (const [index, one] of written.entries()) {
    const [name, path] =
      typeof one === 'string' ? [one, [list, index]] : [fieldsOf(one).defect, [list, index, 'defect']];
    if (typeof name !== 'string' || known.includes(name)) continue;
    file.noteUnknown(path, `one of the defects of the ${of}`, name, known);
  }
}

/**
 * Notes every node that the topology of its variant lacks, and every place of a fault that the variant's list lacks,
 * wherever it stands in an entry: only nodes have names like theirs, and only a parameter `fault` holds such a place.
 * What fits no schema is left to those who check it.
 *
 * Not checked: names of steps of a database, which are the system's, and nodes where no arena has the topology yet.
 */
function checkEntries(file: YamlFile): void {
  const scenario = fieldsOf(file.value);
  for (const { name, added, path, isAlone } of variantsOf(scenario)) {
    const topology = topologyOf(scenario, added);
    const parts = isAlone ? [added] : [scenario, added];
    const known = { variant: name, topology, nodes: nodesOf(topology), faults: parts.flatMap(kindsOf) };
    if (!isAlone) checkLists(file, scenario, [], known);
    checkLists(file, added, path, known);
  }
}

/** As they are written: one that stands for several is one. */
function variantsOf(scenario: Fields) {
  const written = fieldsOf(scenario.variants);
  const variants = variantTurns.flatMap((turn) =>
    Object.entries(fieldsOf(written[turn])).map(([name, added]) => ({
      name,
      added: fieldsOf(added),
      path: ['variants', turn, name] as Path,
      isAlone: turn === 'sweep',
    })),
  );
  const only = { name: onlyVariant, added: {}, path: [], isAlone: false };
  const sweep = { name: 'sweep', added: fieldsOf(scenario.sweep), path: ['sweep'], isAlone: true };
  return [...(scenario.variants === undefined ? [only] : variants), sweep];
}

/** Of one with many numbers of nodes that with the fewest: what it lacks is missing. */
function topologyOf(scenario: Fields, added: Fields): string {
  const topology = added.topology ?? scenario.topology;
  return topology === 'swarm-n' ? `swarm-${fieldsOf(added['sweep-nodes']).from}` : String(topology);
}

function kindsOf({ faults }: Fields): string[] {
  return Array.isArray(faults) ? faults.map((fault) => String(fieldsOf(fault).kind)) : [];
}

function checkLists(file: YamlFile, parts: Fields, path: Path, known: Nameable): void {
  for (const list of lists) checkValue(file, parts[list], [...path, list], known);
}

function checkValue(file: YamlFile, value: unknown, path: Path, known: Nameable): void {
  if (typeof value === 'string') checkNodes(file, value, path, known);
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) checkValue(file, one, [...path, index], known);
  } else {
    for (const [name, one] of Object.entries(fieldsOf(value))) {
      if (name === 'fault') checkFault(file, one, [...path, name], known);
      else checkValue(file, one, [...path, name], known);
    }
  }
}

function checkNodes(file: YamlFile, text: string, path: Path, { topology, nodes }: Nameable): void {
  const named = nodesNamedBy(text);
  if (nodes === null || named.every((node) => nodes.includes(node))) return;
  // So many of them are a range.
  const all = nodes.length > 26 ? [`${nodes[0]}..${nodes.length}`] : nodes;
  const names = all.map((name) => JSON.stringify(name)).join(', ');
  const hint = named.length === 1 ? didYouMean(text, nodes) : '';
  file.note(path, `one of the nodes of ${topology}: ${names}${hint}`, text);
}

/** A place that is none, such as -1, is for the schema to tell. */
function checkFault(file: YamlFile, place: unknown, path: Path, { variant, faults }: Nameable): void {
  if (!Number.isInteger(place) || (place as number) < 0 || (place as number) < faults.length) return;
  const there = faults.map((kind, index) => `${index} (${kind})`).join(', ');
  file.note(
    path,
    `one of the faults of the variant ${variant}${there === '' ? ', which has none' : `: ${there}`}`,
    place,
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
