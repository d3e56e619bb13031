import type { TapEntry, TapRecord, TapRule } from '../../contract/tap.ts';
import { EnvironmentError } from '../../support/errors.ts';
import type { TapAnswer, TapRequest, TapStrike } from '../sidecars/tap-protocol.ts';
import type { Heal, Tap } from '../topology/topology.ts';
import type { Attachment } from './attachment.ts';
import { readLines } from './lines.ts';
import { once } from './toxiproxy-server.ts';
import { withinMs } from './within-ms.ts';

const answerTimeoutMs = 10_000;
const answerBytesMax = 256 * 1024 * 1024;

/** The tap's container, driven over its attached standard streams. */
export class DockerTap implements Tap {
  readonly #attachment: Attachment;
  readonly #waiting: ((answer: TapAnswer) => void)[] = [];
  /** By the number of their rule. */
  readonly #listeners = new Map<number, (strike: TapRecord) => void>();

  constructor(attachment: Attachment) {
    this.#attachment = attachment;
    attachment.stderr.resume();
    readLines(attachment.stdout, { bytesMax: answerBytesMax, onLine: (line) => this.#hear(line) });
  }

  async addRule(rule: TapRule, onStrike?: (strike: TapRecord) => void): Promise<Heal> {
    // Listens before anything else can be heard: the rule may strike in the line that follows the answer.
    const { rule: number } = await this.#ask({ op: 'add-rule', rule }, ({ rule: added }) => {
      if (added !== undefined && onStrike !== undefined) this.#listeners.set(added, onStrike);
    });
    if (number === undefined) throw new EnvironmentError('adding a rule to the tap: it did not name the rule');
    return once(() => this.#ask({ op: 'remove-rule', rule: number }));
  }

  async journal(): Promise<readonly TapEntry[]> {
    return (await this.#ask({ op: 'journal' })).journal ?? [];
  }

  async beginTrial(): Promise<void> {
    this.#listeners.clear();
    await this.#ask({ op: 'begin' });
  }

  /** What of a trial is still in the tap; empty when nothing is. */
  async leftovers(): Promise<string[]> {
    const { state } = await this.#ask({ op: 'state' });
    if (state === undefined) return ['the tap does not tell its state'];
    return [
      ...(state.rules === 0 ? [] : [`the tap has ${state.rules} rules`]),
      ...(state.connections === 0 ? [] : [`the tap has ${state.connections} connections`]),
    ];
  }

  close(): void {
    this.#attachment.close();
  }

  #hear(line: string): void {
    const heard = JSON.parse(line) as TapAnswer | TapStrike;
    if ('strike' in heard) this.#listeners.get(heard.strike.rule ?? 0)?.(heard.strike);
    else this.#waiting.shift()?.(heard);
  }

  /** `onAnswer` runs before the tap's next line is heard. */
  async #ask(request: TapRequest, onAnswer?: (answer: TapAnswer) => void): Promise<TapAnswer> {
    const answered = new Promise<TapAnswer>((resolve) => {
      this.#waiting.push((answer) => {
        onAnswer?.(answer);
        resolve(answer);
      });
    });
    this.#attachment.write(`${JSON.stringify(request)}\n`);
    const answer = await withinMs(answerTimeoutMs, answered);
    if (answer.error !== undefined) throw new EnvironmentError(`telling the tap to ${request.op}: ${answer.error}`);
    return answer;
  }
}
