import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const browserNames = ['chromium', 'chromium-browser', 'google-chrome'];

/** Starts the machine's own browser without a window; without one it fails and says how to get it. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath(),
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
  });
}

function browserPath(): string {
  for (const name of browserNames) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error(
    `opening the report: expected one of ${browserNames.join(', ')} on this machine, found none; run \`bash docker/chromium.sh\``,
  );
}

export interface ScreenshotOptions {
  readonly width?: number;
  /** Of the picture; without it the whole page. */
  readonly height?: number;
  readonly dark?: boolean;
  /** An address in the page, such as `#S-CONC-01/7`. */
  readonly hash?: string;
}

/** Nothing that is in view waits to be drawn. */
const isDrawn = `(async () => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  return [...document.querySelectorAll('.drawing.latency')].every(
    (box) => box.getBoundingClientRect().top > innerHeight || box.querySelector('canvas') !== null,
  );
})()`;

/** Takes a picture of a report, at twice the density so that it is sharp in a document. */
export async function screenshotReport(
  htmlPath: string,
  pngPath: string,
  options: ScreenshotOptions = {},
): Promise<void> {
  const { width = 1280, height, dark = false, hash = '' } = options;
  await using browser = await openBrowser();
  const page = await browser.newPage({
    viewport: { width, height: height ?? 900 },
    deviceScaleFactor: 2,
    colorScheme: dark ? 'dark' : 'light',
  });
  await page.goto(`${pathToFileURL(htmlPath)}${hash}`);
  if (height === undefined) {
    // Plots draw themselves when they come into view: so all of the page does.
    const whole = await page.evaluate<number>('document.documentElement.scrollHeight');
    await page.setViewportSize({ width, height: Math.min(16_000, whole + 4_000) });
  }
  await page.waitForFunction(isDrawn);
  await page.screenshot({ path: pngPath, fullPage: height === undefined });
}
