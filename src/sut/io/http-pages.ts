import { createServer, type IncomingMessage, type Server } from 'node:http';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import { parseHostPort } from './tcp-transport.ts';

export interface PageRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: Uint8Array;
}

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Builds the page that was asked for, or null when there is none. */
export type PageSource = (request: PageRequest) => Promise<Page | null>;

/** A longer request body is refused before it is read. */
const bodyBytesMax = 65_536;

/** Serves pages over HTTP; nothing is logged. */
export class HttpPages {
  readonly #address: string;
  readonly #server: Server;

  constructor(address: string, source: PageSource) {
    this.#address = address;
    this.#server = createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
      void answerTo(request, source).then((page) => {
        response.writeHead(page.status, {
          'content-type': page.contentType,
          'content-length': Buffer.byteLength(page.body),
        });
        response.end(request.method === 'HEAD' ? undefined : page.body);
      });
    });
  }

  /** Resolves when bound. */
  async listen(): Promise<void> {
    const { host, port } = parseHostPort(this.#address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(
          new EnvironmentError(
            `serving pages on ${this.#address}: ${messageOf(error)}; choose another address or stop its owner`,
            { cause: error },
          ),
        );
      });
      this.#server.listen({ host, port }, resolve);
    });
    // A connection that cannot be accepted is the asker's loss; the program must not stop for it.
    this.#server.removeAllListeners('error').on('error', () => undefined);
  }

  /** The bound port, or 0 while not listening. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answerTo(request: IncomingMessage, source: PageSource): Promise<Page> {
  try {
    const body = await bodyOf(request);
    if (body === null) return plain(413, 'request too large\n');
    const path = (request.url ?? '/').split('?', 1)[0]!;
    return (await source({ method: request.method ?? 'GET', path, body })) ?? plain(404, 'not found\n');
  } catch {
    return plain(500, 'internal error\n');
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function plain(status: number, body: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
