import type { MessageName } from '../../contract/wire.ts';
import type { BlobId } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';

/** The relay answered a request with an error; the session may go on. */
export class RelayRefusal extends Error {
  override readonly name = 'RelayRefusal';
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** The session ended before the answer came: nobody knows whether the relay acted on the request. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';

  constructor() {
    super('the connection to the relay ended');
  }
}

/** What a node asks, by what answers it. A DELETE that succeeds has no answer. */
const requestOf = {
  WELCOME: 'HELLO',
  PUSH_ACK: 'PUSH',
  PULL_RESPONSE: 'PULL',
  PRESENCE: 'PRESENCE',
  DEVICE_LIST: 'LIST_DEVICES',
} as const satisfies Partial<Record<MessageName, MessageName>>;
export type AnswerName = keyof typeof requestOf;
export type RequestName = (typeof requestOf)[AnswerName] | 'DELETE';

export interface OpenRequest {
  readonly type: RequestName;
  /** Of a PUSH. */
  readonly blobId: BlobId | null;
  readonly sentAtMs: number;
  /** Called with the answer, or null for a DELETE that went through. */
  readonly succeed: (answer: Message | null) => void;
  readonly fail: (error: Error) => void;
}

/** Whether a message of this type answers something. */
export function isAnswer(type: MessageName): type is AnswerName {
  return Object.hasOwn(requestOf, type);
}

/**
 * What is asked and not answered, in order. The relay answers in this order too, which is how an ERROR, that names
 * nothing, finds its request: it belongs to the oldest.
 */
export class OpenRequests {
  #queue: OpenRequest[] = [];

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  has(type: RequestName): boolean {
    return this.#queue.some((request) => request.type === type);
  }

  add(request: OpenRequest): void {
    this.#queue.push(request);
  }

  /** The request that this message answers, or null. DELETEs sent before it have gone through. */
  answer(message: Message & { readonly type: AnswerName }): OpenRequest | null {
    const index = this.indexOf(message, this.#queue);
    const found = this.#queue[index];
    if (found === undefined) return null;
    const passed = this.#queue.slice(0, index).filter((request) => request.type === 'DELETE');
    this.#queue = this.#queue.filter((request) => request !== found && !passed.includes(request));
    for (const request of passed) request.succeed(null);
    found.succeed(message);
    return found;
  }

  /** Which of the open requests the message answers, or -1: a push by its blob, anything else by its type. */
  protected indexOf(message: Message & { readonly type: AnswerName }, open: readonly OpenRequest[]): number {
    const type = requestOf[message.type];
    return open.findIndex(
      (request) => request.type === type && (message.type !== 'PUSH_ACK' || request.blobId === message.blobId),
    );
  }

  /** Gives the oldest request the relay's error; false when nothing was asked. */
  refuse(error: RelayRefusal): boolean {
    const oldest = this.#queue.shift();
    oldest?.fail(error);
    return oldest !== undefined;
  }

  failAll(error: Error): void {
    const failed = this.#queue;
    this.#queue = [];
    for (const request of failed) request.fail(error);
  }
}
