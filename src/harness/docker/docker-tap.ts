import type { TapEntry, TapRule } from '../../contract/tap.ts';
import { EnvironmentError } from '../../support/errors.ts';
import type { TapAnswer, TapRequest } from '../sidecars/tap-protocol.ts';
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
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(attachment: Attachment) {
    this.#attachment = attachment;
    attachment.stderr.resume();
    readLines(attachment.stdout, { bytesMax: answerBytesMax, onLine: (line) => this.#waiting.shift()?.(line) });
  }

  async addRule(rule: TapRule): Promise<Heal> {
    const { rule: number } = await this.#ask({ op: 'add-rule', rule });
    if (number === undefined) throw new EnvironmentError('adding a rule to the tap: it did not name the rule');
    return once(() => this.#ask({ op: 'remove-rule', rule: number }));
  }

  async journal(): Promise<readonly TapEntry[]> {
    return (await this.#ask({ op: 'journal' })).journal ?? [];
  }

  async beginTrial(): Promise<void> {
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

  async #ask(request: TapRequest): Promise<TapAnswer> {
    const line = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.#attachment.write(`${JSON.stringify(request)}\n`);
    const answer = JSON.parse(await withinMs(answerTimeoutMs, line)) as TapAnswer;
    if (answer.error !== undefined) throw new EnvironmentError(`telling the tap to ${request.op}: ${answer.error}`);
    return answer;
  }
}
