import { messageOf } from '../../support/errors.ts';
import type { Missing } from '../history/collected.ts';

/** What could not be collected, and why. */
export class Gaps {
  readonly #missing: Missing[] = [];

  get all(): readonly Missing[] {
    return this.#missing;
  }

  /** It should have been there. */
  lacks(part: string, because: string): void {
    this.#missing.push({ part, because, byDesign: false });
  }

  /** The system cannot give it, by its manifest. */
  cannot(part: string, because: string): void {
    this.#missing.push({ part, because, byDesign: true });
  }

  /** The result, or null with the reason written down under each of the parts. */
  async try<T>(parts: string | readonly string[], work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      for (const part of [parts].flat()) this.lacks(part, messageOf(error));
      return null;
    }
  }
}
