import { ScenarioError } from '../../support/errors.ts';
import type { Catalogue, CatalogueRow } from '../scenario/catalogue.ts';
import { didYouMean } from '../scenario/did-you-mean.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { categories, categoryOf } from '../scenario/scenario-file.ts';

export interface Selection {
  readonly scenarios: readonly Scenario[];
  /** Asked for by name or pattern, in the catalogue, but without a file. */
  readonly notBuilt: readonly CatalogueRow[];
}

/**
 * The scenarios that the words of the command line mean: IDs, patterns such as `T-*`, categories, tags, or `all`.
 * A word that means nothing is an error with the nearest ID.
 */
export function select(catalogue: Catalogue, words: readonly string[]): Selection {
  const chosen = new Set<CatalogueRow>();
  const problems: string[] = [];
  for (const word of words) {
    const rows = catalogue.rows.filter((row) => isMeant(row, word));
    if (rows.length === 0) problems.push(unknownWord(catalogue, word));
    for (const row of rows) chosen.add(row);
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  const rows = catalogue.rows.filter((row) => chosen.has(row));
  const built = (row: CatalogueRow) => catalogue.scenarios.find((scenario) => scenario.id === row.id);
  return {
    scenarios: rows.flatMap((row) => built(row) ?? []),
    notBuilt: rows.filter((row) => built(row) === undefined),
  };
}

/** Of a selection what has the variant, and a line on what has not; null: all have it. */
export function withVariant(
  { scenarios, notBuilt }: Selection,
  variant: string,
): { readonly selection: Selection; readonly leftOut: string | null } {
  const has = (scenario: Scenario) => scenario.variants.some(({ name }) => name === variant);
  const lacking = scenarios.filter((scenario) => !has(scenario));
  const parts = [
    ...(lacking.length === 0 ? [] : [`${idsOf(lacking)} (no variant "${variant}")`]),
    ...(notBuilt.length === 0 ? [] : [`${idsOf(notBuilt)} (not built yet)`]),
  ];
  return {
    selection: { scenarios: scenarios.filter(has), notBuilt: [] },
    leftOut: parts.length === 0 ? null : `left out  ${parts.join('; ')}`,
  };
}

function idsOf(rows: readonly { readonly id: string }[]): string {
  return rows.map(({ id }) => id).join(', ');
}

function isMeant(row: CatalogueRow, word: string): boolean {
  if (word === 'all' || row.id === word.toUpperCase()) return true;
  if (row.tags.includes(word) || categoryOf(row.id) === word) return true;
  if (!word.includes('*')) return false;
  const pattern = word
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 'i').test(row.id);
}

function unknownWord(catalogue: Catalogue, word: string): string {
  const ids = catalogue.rows.map((row) => row.id);
  const tags = [...new Set(catalogue.rows.flatMap((row) => row.tags))];
  return (
    `scenario: expected an ID, a pattern such as "T-*", "all", a category (${categories.join(', ')}) ` +
    `or a tag (${tags.join(', ')}), got "${word}"${didYouMean(word.toUpperCase(), ids)}; \`chaos list\` shows all`
  );
}
