/**
 * One piece of asynchronous work that many places may ask for. It never runs twice at once; what is asked for while it
 * runs is done in one more run afterwards.
 */
export class Coalesced {
  readonly #work: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #isRunning = false;
  #again = false;

  /** `failed` hears of what `work` threw; the next call of `run` starts it again. */
  constructor(work: () => Promise<void>, failed: (error: unknown) => void) {
    this.#work = work;
    this.#failed = failed;
  }

  run(): void {
    this.#again = true;
    if (!this.#isRunning) this.#loop();
  }

  async #loop(): Promise<void> {
    this.#isRunning = true;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#work();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#isRunning = false;
  }
}
