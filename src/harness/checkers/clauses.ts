import type { Finding } from './checker.ts';

const witnessCountMax = 10;

/**
 * The clauses of one statement, judged one after another, and what they make together: broken is `invalid`, else
 * anything untold is `unknown`, else `valid`. A statement none of whose clauses could be run is `not-run`; one without
 * any clause was not judged, and that is `unknown`.
 */
export class Clauses {
  readonly #held: string[] = [];
  readonly #broken: string[] = [];
  readonly #untold: string[] = [];
  readonly #notRun: string[] = [];
  readonly #witnesses: string[] = [];

  holds(figures: string): void {
    this.#held.push(figures);
  }

  /** Holds, with its figures, when `breaches` is empty; else `what` is broken and the breaches are its witnesses. */
  none(breaches: readonly string[], what: string, figures: string): void {
    if (breaches.length === 0) this.holds(figures);
    else this.broken(`${what} (${breaches.length})`, breaches);
  }

  broken(what: string, witnesses: readonly string[] = []): void {
    this.#broken.push(what);
    this.#witnesses.push(...witnesses);
  }

  unknown(what: string): void {
    this.#untold.push(what);
  }

  notRun(what: string): void {
    this.#notRun.push(what);
  }

  finding(): Finding {
    const notRun = this.#notRun.length === 0 ? [] : [`not run: ${unique(this.#notRun).join(', ')}`];
    if (this.#broken.length > 0) {
      const untold = this.#untold.length === 0 ? [] : [`beside it cannot tell: ${unique(this.#untold).join(', ')}`];
      const because = [...unique(this.#broken), ...untold, ...notRun].join('; ');
      const witnesses = unique(this.#witnesses).slice(0, witnessCountMax);
      return witnesses.length === 0 ? { verdict: 'invalid', because } : { verdict: 'invalid', because, witnesses };
    }
    if (this.#untold.length > 0) {
      return { verdict: 'unknown', because: [...unique(this.#untold), ...notRun].join('; ') };
    }
    if (this.#held.length > 0) return { verdict: 'valid', because: [...unique(this.#held), ...notRun].join('; ') };
    if (notRun.length > 0) return { verdict: 'not-run', because: notRun.join('; ') };
    return { verdict: 'unknown', because: 'there was nothing to judge' };
  }
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
