import { expect, test } from '@jest/globals';
import type { Checker } from './checker.ts';
import { type Change, judged, type Row, told } from './record.test-support.ts';

/**
 * Tests a checker against a table of small histories, each the valid record with one change. `base` is done to all of
 * them first: what the checker needs and the valid record has not.
 */
export function testTable<Parameters>(
  checker: Checker<Parameters>,
  rows: readonly Row[],
  parameters: unknown = {},
  base: Change = () => {},
): void {
  test(`${checker.name} says valid of a trial in which all is well`, () => {
    const finding = judged(checker, base, parameters);
    expect(finding).toEqual({ verdict: 'valid', because: expect.any(String) });
  });

  test.each(rows)(`${checker.name} says $says when $when`, ({ says, change, naming, parameters: own }) => {
    const finding = judged(
      checker,
      (draft) => {
        base(draft);
        change(draft);
      },
      own ?? parameters,
    );
    expect({ verdict: finding.verdict, told: told(finding) }).toEqual({ verdict: says, told: expect.any(String) });
    if (naming !== undefined) expect(told(finding)).toContain(naming);
  });
}
