/** The control contract over one attachment: requests out, answers and announcements in. */
import {
  type AnswerValue,
  answer,
  answerValues,
  controlLineBytesMax,
  type NodeEvent,
  nodeEvent,
  type Operation,
  type ParametersOf,
} from '../../contract/control.ts';
import type { Answered } from '../topology/topology.ts';
import type { Attachment } from './attachment.ts';
import { readLines } from './lines.ts';

type Unanswered = Exclude<Answered<Operation>, { outcome: 'ok' }>;

interface Waiting {
  readonly settle: (answered: Answered<Operation>) => void;
  readonly op: Operation;
}

export interface ControlChannelOptions {
  readonly onEvent: (event: NodeEvent) => void;
  /** A line that is neither an answer nor an announcement of the contract; `problem` never quotes it. */
  readonly onStray: (problem: string) => void;
}

/**
 * Never rejects for what the other side does: no answer in time, a stream that ended and an answer that breaks the
 * contract are all `unknown`, because the operation may have happened.
 */
export class ControlChannel {
  readonly #attachment: Attachment;
  readonly #waiting = new Map<number, Waiting>();
  readonly #options: ControlChannelOptions;
  #nextId = 1;
  #isOpen = true;

  constructor(attachment: Attachment, options: ControlChannelOptions) {
    this.#attachment = attachment;
    this.#options = options;
    readLines(attachment.stdout, {
      bytesMax: controlLineBytesMax,
      onLine: (line) => this.#take(line),
      onTooLong: () => options.onStray(`a control line longer than ${controlLineBytesMax} bytes`),
    });
    void attachment.ended.then(() => {
      this.#isOpen = false;
      for (const id of [...this.#waiting.keys()]) {
        this.#settle(id, unknown('NO_ANSWER', 'the process ended before it answered'));
      }
    });
  }

  request<Op extends Operation>(op: Op, parameters: ParametersOf<Op>, timeoutMs: number): Promise<Answered<Op>> {
    if (!this.#isOpen) {
      return Promise.resolve(unknown('NO_ANSWER', `${op}: the node is not running`));
    }
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#settle(id, unknown('NO_ANSWER', `no answer to ${op} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiting.set(id, {
        op,
        settle: (answered) => {
          clearTimeout(timer);
          resolve(answered as Answered<Op>);
        },
      });
      this.#attachment.write(`${JSON.stringify({ id, op, parameters })}\n`);
    });
  }

  #settle(id: number, answered: Answered<Operation>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.settle(answered);
  }

  #take(line: string): void {
    if (line === '') return;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      this.#options.onStray(`a control line of ${line.length} characters that is not JSON`);
      return;
    }
    if (typeof parsed === 'object' && parsed !== null && 'event' in parsed) this.#takeEvent(parsed);
    else this.#takeAnswer(parsed);
  }

  #takeEvent(parsed: object): void {
    const event = nodeEvent.safeParse(parsed);
    if (event.success) this.#options.onEvent(event.data);
    else this.#options.onStray(`an announcement outside the contract (${event.error.issues[0]?.path.join('.') ?? ''})`);
  }

  #takeAnswer(parsed: unknown): void {
    const read = answer.safeParse(parsed);
    if (!read.success) {
      this.#options.onStray('an answer outside the contract');
      return;
    }
    const { id, outcome, value, code = 'NO_CODE', message = '' } = read.data;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return; // It came after its time-out; the outcome stays unknown.
    if (outcome !== 'ok') {
      this.#settle(id, { outcome, code, message });
      return;
    }
    const checked = answerValues[waiting.op].safeParse(value);
    if (checked.success) this.#settle(id, { outcome, value: checked.data as AnswerValue<Operation> });
    else this.#settle(id, unknown('BAD_ANSWER', `the answer to ${waiting.op} breaks the contract`));
  }
}

function unknown(code: string, message: string): Unanswered {
  return { outcome: 'unknown', code, message };
}
