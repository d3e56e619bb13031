import { createServer, type Server } from 'node:http';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import { parseHostPort } from './tcp-transport.ts';

export interface HttpPage {
  readonly contentType: string;
  readonly body: string;
}

/** Builds the page at `path` (no query), or null when there is none. */
export type PageSource = (path: string) => Promise<HttpPage | null>;

/** Serves read-only pages over HTTP: GET and HEAD, nothing else, nothing logged. */
export class HttpPages {
  readonly #address: string;
  readonly #server: Server;

  constructor(address: string, pages: PageSource) {
    this.#address = address;
    this.#server = createServer({ maxHeaderSize: 8192, requestTimeout: 10_000 }, (request, response) => {
      const answer = (status: number, page: HttpPage, headers: Record<string, string> = {}): void => {
        const { contentType, body } = page;
        response.writeHead(status, {
          ...headers,
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
        });
        response.end(request.method === 'HEAD' ? undefined : body);
      };
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        answer(405, plain('method not allowed\n'), { allow: 'GET, HEAD' });
        return;
      }
      pages((request.url ?? '/').split('?', 1)[0]!).then(
        (page) => (page === null ? answer(404, plain('not found\n')) : answer(200, page)),
        () => answer(500, plain('internal error\n')),
      );
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
    // A connection that cannot be accepted is the asker's loss; the relay must not stop for it.
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

function plain(body: string): HttpPage {
  return { contentType: 'text/plain; charset=utf-8', body };
}
