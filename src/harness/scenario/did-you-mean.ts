import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean "x"?)` when one of the known names is near, else nothing. */
export function didYouMean(got: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(got, [...known]);
  return distance(got, nearest) <= Math.max(2, Math.floor(got.length / 3)) ? ` (did you mean "${nearest}"?)` : '';
}
