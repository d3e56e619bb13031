import type { z } from 'zod';
import {
  type Answer,
  type AnswerValue,
  contractVersion,
  type NodeEvent,
  type Operation,
  operations,
  type ParametersOf,
  type Request,
  request,
  requestParameters,
} from '../../contract/control.ts';
import { limits } from '../../contract/wire.ts';
import { NodeError } from '../../support/errors.ts';
import { IdError, parseBlobId } from '../core/ids.ts';
import { crashReportOf } from '../io/crash-report.ts';
import { EventLog } from '../io/event-log.ts';
import type { NodePorts } from '../io/ports.ts';
import { StorageError } from '../io/storage-error.ts';
import type { NodeConfig } from './config.ts';
import type { DeviceHome } from './device-home.ts';
import { newIdentity, readIdentity, writeIdentity } from './identity.ts';
import { nodeLogEvents } from './log-events.ts';
import { composeNode, type NodeChange } from './parts.ts';
import type { SyncNode } from './sync-node.ts';

/** Arms one hook of the test image; what it returns is the answer's value. */
export type Hook = (
  parameters: Readonly<Record<string, unknown>>,
) => Record<string, unknown> | Promise<Record<string, unknown>>;

export interface NodeControlOptions {
  /** Without the device's own files, which come from its home. */
  readonly ports: Omit<NodePorts, 'openDatabase' | 'keyFile'>;
  readonly home: DeviceHome;
  readonly config: NodeConfig;
  readonly changes?: readonly NodeChange[];
  readonly hooks?: Readonly<Record<string, Hook>>;
  /** Takes the node's announcements. */
  readonly emit: (event: NodeEvent) => void;
}

type Handlers = { readonly [Op in Operation]: (parameters: ParametersOf<Op>) => Promise<AnswerValue<Op>> };

const pushDeadlineMs = 30_000;

/**
 * The control contract for one device: a line in, the answer's line out. Requests may overlap; those that make or open
 * the device run one after the other. No line, however wrong, is more than a failed answer.
 */
export class NodeControlServer {
  readonly #options: NodeControlOptions;
  readonly #ports: NodePorts;
  readonly #log: EventLog<typeof nodeLogEvents>;
  readonly #handlers: Handlers;
  #node: SyncNode | null = null;
  #isKilled = false;
  #lifecycle: Promise<unknown> = Promise.resolve();

  constructor(options: NodeControlOptions) {
    const { ports, home, config } = options;
    this.#options = options;
    this.#ports = { ...ports, openDatabase: (schema) => home.openDatabase(schema), keyFile: home.keyFile };
    this.#log = new EventLog({ table: nodeLogEvents, level: config.logLevel, clock: ports.clock, sink: ports.log });
    this.#handlers = this.#operations();
  }

  /** The device that is open, or null. */
  get node(): SyncNode | null {
    return this.#node;
  }

  /** After a start of the process: opens the device that is there, if one is, and connects it when that was wanted. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (readIdentity(this.#ports.keyFile) !== null) await this.#open().resume();
    });
  }

  /** Answers one line with one line, both without their newline. */
  async handle(line: string): Promise<string> {
    const parsed = parsedRequest(line);
    const answer = parsed.success
      ? await this.answer(parsed.request)
      : failed(parsed.id, 'BAD_REQUEST', parsed.problem);
    return JSON.stringify(answer);
  }

  /** The same for what such a line holds. */
  async answer({ id, op, parameters: given }: Request): Promise<Answer> {
    if (!this.#offers(op)) {
      const message = `op: expected one of ${this.#offered().join(', ')}`;
      return { id, outcome: 'unsupported', code: 'UNSUPPORTED', message };
    }
    const parameters = requestParameters[op].safeParse(given ?? {});
    if (!parameters.success) return failed(id, 'BAD_PARAMETERS', `${op}: ${problemsOf(parameters.error)}`);
    try {
      // The parameters were checked against this operation's own schema, which the compiler cannot follow.
      const handler = this.#handlers[op] as (given: unknown) => Promise<unknown>;
      return { id, outcome: 'ok', value: await handler(parameters.data) };
    } catch (error) {
      return this.#failure(id, error);
    }
  }

  close(): Promise<void> {
    return this.#inTurn(async () => this.#close());
  }

  /** As if the process had died. */
  kill(): void {
    this.#isKilled = true;
    this.#node?.kill();
    this.#node = null;
  }

  #failure(id: number, error: unknown): Answer {
    if (error instanceof NodeError) {
      return { id, outcome: error.definite ? 'failed' : 'unknown', code: error.code, message: error.message };
    }
    if (error instanceof IdError) return failed(id, 'BAD_PARAMETERS', error.message);
    if (error instanceof StorageError) {
      return failed(id, `STORAGE_${error.failure.toUpperCase().replaceAll('-', '_')}`, error.message);
    }
    if (!this.#isKilled) this.#log.write('crash', { ...crashReportOf(error) });
    return { id, outcome: 'unknown', code: 'INTERNAL', message: 'the node failed in a way it does not know' };
  }

  #operations(): Handlers {
    return {
      hello: async () => ({
        contract: contractVersion,
        operations: this.#offered(),
        ack: 'both',
        live: true,
        payload: 'bytes',
        limits: { bodyBytesMax: limits.blobBodyBytesMax },
      }),
      init: ({ name }) => this.#inTurn(() => this.#init(name)),
      pair: (parameters) => this.#inTurn(() => this.#pair(parameters)),
      reopen: ({ relays }) => this.#inTurn(() => this.#reopen(relays)),
      connect: async () => {
        await this.#device().connect();
        return {};
      },
      disconnect: async () => {
        await this.#device().disconnect();
        return {};
      },
      push: (parameters) => this.#push(parameters),
      delete: async ({ item }) => ({ tombstone: await this.#device().delete(parseBlobId(item)) }),
      pull: async () => this.#device().pull(),
      read: async ({ after, items }) => ({ cursors: await this.#device().read(after, items) }),
      page: async ({ items }) => {
        this.#device().setPageItems(items);
        return {};
      },
      items: async ({ digests }) => ({ items: await this.#device().items(digests) }),
      ping: async () => ({ roundTripMs: await this.#device().ping() }),
      status: async () => this.#device().status(),
      outbox: async () => this.#device().outbox(),
      stats: async () => this.#device().stats(),
      hook: async ({ name, parameters }) => this.#hook(name, parameters ?? {}),
    };
  }

  async #init(name: string): Promise<AnswerValue<'init'>> {
    await this.#close();
    await this.#options.home.fresh();
    writeIdentity(this.#ports.keyFile, newIdentity(name, this.#ports.random));
    return { device: this.#open().identity.id };
  }

  async #pair({ relays, passphrase, invite }: ParametersOf<'pair'>): Promise<AnswerValue<'pair'>> {
    const device = this.#device();
    const options = { relays, passphrase };
    let made: string | null = null;
    if (invite === undefined) made = await device.createGroup(options);
    else await device.joinGroup({ ...options, invite });
    return { group: device.identity.group!.id, invite: made };
  }

  async #reopen(relays: readonly string[]): Promise<AnswerValue<'reopen'>> {
    const device = this.#node ?? this.#open();
    const { id, group } = device.identity;
    if (group !== null) {
      device.setRelays(relays);
      await device.resume();
    }
    return { device: id, group: group?.id ?? null };
  }

  async #push({ body, until, deadlineMs }: ParametersOf<'push'>): Promise<AnswerValue<'push'>> {
    const bytes = new Uint8Array(Buffer.from(body, 'base64'));
    const local = { level: 'local', sequence: null, cursor: null } as const;
    if (until !== 'relay') return { item: await this.#device().push(bytes), ...local };
    const { item, result } = await this.#device().pushUntilRelay(bytes, deadlineMs ?? pushDeadlineMs);
    if (result === null) return { item, ...local, retryable: true, reason: 'no acknowledgement in time; it waits' };
    if (result.kind === 'acked') return { item, level: 'relay', sequence: result.sequence, cursor: result.cursor };
    throw new NodeError(result.code, 'push: the relay will never take this item', { definite: true });
  }

  async #hook(name: string, parameters: Readonly<Record<string, unknown>>): Promise<AnswerValue<'hook'>> {
    const { hooks = {} } = this.#options;
    const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
    if (hook !== undefined) return hook(parameters);
    throw new NodeError('UNKNOWN_HOOK', `hook: expected one of ${Object.keys(hooks).join(', ')}`, { definite: true });
  }

  #open(): SyncNode {
    const node = composeNode(this.#ports, this.#options.config, this.#options.changes);
    node.events.subscribe(this.#options.emit);
    this.#node = node;
    return node;
  }

  async #close(): Promise<void> {
    await this.#node?.close();
    this.#node = null;
  }

  #device(): SyncNode {
    if (this.#node !== null) return this.#node;
    throw new NodeError('NO_DEVICE', 'no device is open; make one with init, or open the stored one with reopen', {
      definite: true,
    });
  }

  #offered(): Operation[] {
    return operations.filter((op) => this.#offers(op));
  }

  #offers(op: string): op is Operation {
    if (op === 'hook') return Object.keys(this.#options.hooks ?? {}).length > 0;
    return Object.hasOwn(requestParameters, op);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lifecycle.then(work);
    this.#lifecycle = turn.catch(() => undefined);
    return turn;
  }
}

type Parsed =
  | { readonly success: true; readonly request: Request }
  | { readonly success: false; readonly id: number; readonly problem: string };

/** A line that is no request is answered under the id it has, or 0. */
function parsedRequest(line: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { success: false, id: 0, problem: 'expected one JSON object per line' };
  }
  const checked = request.safeParse(value);
  if (checked.success) return { success: true, request: checked.data };
  const id = (value as { id?: unknown } | null)?.id;
  const isId = typeof id === 'number' && Number.isSafeInteger(id) && id >= 0;
  return { success: false, id: isId ? id : 0, problem: problemsOf(checked.error) };
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; ');
}

function failed(id: number, code: string, message: string): Answer {
  return { id, outcome: 'failed', code, message };
}
