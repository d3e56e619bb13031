import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { writeHtmlReport } from './html-report.ts';
import { openReporters } from './registry.ts';
import { RunFolder } from './run-folder.ts';
import { playSampleRun, type SampleRunOptions, sampleAbout, sampleCatalogue } from './sample-run.test-support.ts';
import { openBrowser } from './screenshot-report.test-support.ts';

const reports = mkdtempSync(join(tmpdir(), 'relay-chaos-report-'));
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 30_000);

afterAll(async () => {
  await browser?.close();
  rmSync(reports, { recursive: true });
});

/** A page as a person opens it, with everything it complained about or asked the network for. */
async function opened(name: string, options: SampleRunOptions = {}, width = 1280) {
  const folder = RunFolder.create(reports, name);
  const reporter = openReporters(options.killedAfter === undefined ? ['html'] : [], {
    folder,
    stream: { write: () => {} },
    colours: false,
    about: sampleAbout,
    catalogue: sampleCatalogue(),
    reduce: null,
  });
  const result = await playSampleRun(reporter, folder.path, options);
  const path = options.killedAfter === undefined ? join(folder.path, 'report.html') : writeHtmlReport(folder.path);
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(String(pathToFileURL(path)));
  return { page, complaints, result, path };
}

interface PageGlobals {
  readonly document: { readonly documentElement: { readonly scrollHeight: number } };
}

/** Waits until nothing is drawn any more that would move what is about to be clicked: ten frames of one height. */
async function standsStill(page: Page): Promise<void> {
  const isStill = () => {
    const seen = globalThis as unknown as { height?: number; frames?: number } & PageGlobals;
    const height = seen.document.documentElement.scrollHeight;
    seen.frames = seen.height === height ? (seen.frames ?? 0) + 1 : 0;
    seen.height = height;
    return seen.frames >= 10;
  };
  await page.waitForFunction(isStill, undefined, { polling: 'raf' });
}

/** Pixels of the first plot that are neither empty nor all of one kind. */
function paintedPixels(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('.latency canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Map();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 250) continue;
      const key = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
      colours.set(key, (colours.get(key) ?? 0) + 1);
    }
    return [...colours.values()].filter((count) => count >= 10).reduce((sum, count) => sum + count, 0);
  })()`);
}

describe('report.html', () => {
  test('shows every scenario, opens what failed, draws it, and asks the network for nothing', async () => {
    const { page, complaints, result } = await opened('whole');
    const iterations = result.scenarios.flatMap((scenario) => scenario.iterations);
    expect(await page.locator('#grid [data-row]').count()).toBe(73);
    expect(await page.locator('#grid a.cell').count()).toBe(iterations.length);
    expect(await page.locator('#grid a.cell.verdict-pass').count()).toBe(
      iterations.filter(({ verdict }) => verdict === 'pass').length,
    );
    expect(await page.locator('#grid a.cell.verdict-fail').first().textContent()).toBe('F');

    const failed = result.scenarios[0]!.iterations[7]!.trials[0]!;
    const trial = page.locator('[id="S-CONC-01/7"] article');
    await trial.waitFor();
    expect(await trial.locator('[data-repro]').textContent()).toBe(failed.repro);
    expect(await trial.locator('.findings .deciding .check').first().textContent()).toBe('no-data-loss');
    expect(await trial.locator('.witness').first().textContent()).toContain('never acknowledged');
    await trial.scrollIntoViewIfNeeded();
    await trial.locator('.latency canvas').waitFor();
    expect(await paintedPixels(page)).toBeGreaterThan(500);
    expect(await trial.locator('svg line.ack').count()).toBeGreaterThan(150);
    expect(await trial.locator('svg rect.window').count()).toBe(2);
    expect(await trial.locator('svg path.bad').count()).toBe(2); // The lost push, and its sample in the legend.

    expect(await page.locator('#kill-matrix tbody tr').count()).toBe(4);
    expect(await page.locator('[data-remark]').allTextContents()).toEqual([expect.stringMatching(/^partial:/)]);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('what passed is folded, and opens at a click and from the grid', async () => {
    const { page, complaints } = await opened('folded');
    const passing = page.locator('[id="S-CONC-01"] [data-passing]');
    expect(await page.locator('[id="S-CONC-01/3"]').count()).toBe(0);
    await passing.scrollIntoViewIfNeeded();
    await standsStill(page);
    await passing.locator('> summary').click();
    await page.locator('[id="S-CONC-01/3"] > summary').click();
    await page.locator('[id="S-CONC-01/3"] [data-repro]').waitFor();

    await page.locator('#grid a.cell[href="#T-LOSS-02/5"]').click();
    await page.locator('[id="T-LOSS-02/5"] article').first().waitFor();
    expect(await page.locator('[id="T-LOSS-02/5"] article').count()).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('says in a banner that a run was disarmed', async () => {
    const { page } = await opened('disarmed', { disarmed: true, killMatrix: false });
    expect(await page.locator('[data-remark="disarmed"]').isVisible()).toBe(true);
    expect(await page.locator('#grid a.cell:not(.verdict-inert)').count()).toBe(0);
    await page.close();
  }, 60_000);

  test('says in a banner which defects were planted', async () => {
    const { page } = await opened('planted', {
      defects: ['first-cursor-zero', 'item-stored-twice'],
      killMatrix: false,
    });
    const banner = page.locator('[data-remark="planted defect"]');
    expect(await banner.isVisible()).toBe(true);
    expect(await banner.getAttribute('class')).toContain('strong');
    expect(await banner.textContent()).toMatch(/^planted defect: first-cursor-zero, item-stored-twice; the system was/);
    await page.close();
  }, 60_000);

  test('fits a phone: nothing but tables of its own scrolls sideways', async () => {
    const { page } = await opened('phone', {}, 390);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  }, 60_000);

  test('stays below 5 MB with 150 iterations, and says what it left out', async () => {
    const { page, path, complaints } = await opened('long', { iterations: 400 });
    expect(statSync(path).size).toBeLessThan(5_000_000);
    expect(await page.locator('#grid a.cell').count()).toBe(422);
    await page.locator('#grid a.cell[href="#S-CONC-01/399"]').click();
    await page.locator('[id="S-CONC-01/399"] article').waitFor();
    expect(await page.locator('[id="S-CONC-01/399"]').textContent()).toContain('Left out of this page');
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('is made of a run that was killed, too', async () => {
    const { page } = await opened('killed', { killedAfter: 9 });
    expect(await page.locator('[data-remark="unfinished"]').isVisible()).toBe(true);
    expect(await page.locator('#grid a.cell').count()).toBe(9);
    await page.close();
  }, 60_000);

  test('text that a run recorded is never markup', async () => {
    const folder = RunFolder.create(reports, 'markup');
    const reporter = openReporters(['html'], {
      folder,
      stream: { write: () => {} },
      colours: false,
      about: { ...sampleAbout, system: { name: '</script><img src=x onerror=alert(1)>', version: '<b>1</b>' } },
      catalogue: sampleCatalogue(),
      reduce: null,
    });
    const nasty = '</script><script>document.title="taken"</script><img src=x>';
    await playSampleRun(
      {
        ...reporter,
        iterationFinished: (scenario, iteration) =>
          reporter.iterationFinished?.(scenario, { ...iteration, because: nasty, errors: [nasty] }),
      },
      folder.path,
      { iterations: 8 },
    );
    const page = await browser.newPage();
    await page.goto(String(pathToFileURL(join(folder.path, 'report.html'))));
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toContain('relay-chaos');
    expect(await page.locator('[id="S-CONC-01/7"]').textContent()).toContain(nasty);
    await page.close();
  }, 60_000);
});
