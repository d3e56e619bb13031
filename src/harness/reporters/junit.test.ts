import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { junitText } from './junit.ts';
import { playSampleRun } from './sample-run.test-support.ts';
import { openBrowser } from './screenshot-report.test-support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, 30_000);
afterAll(async () => {
  await browser?.close();
});

/** Read by a strict XML parser, the browser's. */
async function parsed(xml: string) {
  const page = await browser.newPage();
  try {
    return (await page.evaluate(`(() => {
      const tree = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml');
      const all = (selector) => [...tree.querySelectorAll(selector)];
      return {
        error: tree.querySelector('parsererror')?.textContent ?? null,
        suites: all('testsuite').map((suite) => Object.fromEntries(
          ['name', 'tests', 'failures', 'errors', 'skipped'].map((name) => [name, suite.getAttribute(name)]),
        )),
        failureTypes: all('failure').map((failure) => failure.getAttribute('type')),
        output: all('testcase system-out').map((output) => output.textContent),
        remarks: all('property[name=remark]').map((property) => property.getAttribute('value')),
      };
    })()`)) as {
      error: string | null;
      suites: Record<string, string>[];
      failureTypes: string[];
      output: string[];
      remarks: string[];
    };
  } finally {
    await page.close();
  }
}

describe('junit.xml', () => {
  test('has a suite for each scenario, a case for each iteration, and the line that brings each back', async () => {
    const result = await playSampleRun({}, null);
    const { error, suites, failureTypes, output, remarks } = await parsed(junitText(result));
    expect(error).toBeNull();
    expect(suites).toEqual([
      { name: 'S-CONC-01 simultaneous-push', tests: '25', failures: '1', errors: '0', skipped: '0' },
      { name: 'E-HS-01 first-message-cut-and-kem-bit-flip', tests: '12', failures: '1', errors: '1', skipped: '0' },
      { name: 'T-LOSS-02 heavy-random-loss', tests: '10', failures: '1', errors: '0', skipped: '0' },
      { name: 'T-LAT-01 fixed-latency', tests: '1', failures: '0', errors: '0', skipped: '1' },
      { name: 'kill matrix', tests: '4', failures: '1', errors: '0', skipped: '1' },
    ]);
    expect(failureTypes).toEqual(['fail', 'fail', 'inert', 'missed']);
    for (const trial of result.scenarios.flatMap(({ iterations }) => iterations).flatMap(({ trials }) => trials)) {
      expect(output.some((text) => text.includes(trial.repro))).toBe(true);
    }
    expect(remarks[0]).toMatch(/^partial:/);
  }, 30_000);

  test('says in each suite which defects were planted', async () => {
    const result = await playSampleRun({}, null, { defects: ['first-cursor-zero'] });
    const { remarks } = await parsed(junitText(result));
    const planted = remarks.filter((remark) => remark.startsWith('planted defect: first-cursor-zero;'));
    expect(planted).toHaveLength(result.scenarios.length);
  }, 30_000);

  test('stays XML whatever a message holds', async () => {
    const result = await playSampleRun({}, null, { iterations: 1 });
    const [first, ...others] = result.scenarios;
    const [iteration] = first!.iterations;
    const nasty = 'a \u0000 b \u001b[31m c ]]> d <e> & "f" \ud800 g';
    const broken = { ...iteration!, verdict: 'fail', because: nasty, errors: [nasty] } as const;
    const scenarios = [{ ...first!, name: nasty, iterations: [broken] }, ...others];
    expect((await parsed(junitText({ ...result, scenarios }))).error).toBeNull();
  }, 30_000);
});
