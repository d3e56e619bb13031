/** The relay's pages, asked on its control-only address. */
import { request } from 'node:http';

export interface FetchedPage {
  readonly status: number;
  readonly body: string;
}

const pageTimeoutMs = 3_000;
const pageBytesMax = 16 * 1024 * 1024;

/**
 * One connection for each page: a kept one would count among the relay's descriptors for ever, and break with its
 * restart.
 */
export function fetchPage(
  url: string,
  options: { readonly method?: string; readonly body?: string } = {},
): Promise<FetchedPage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: options.method ?? 'GET', agent: false, timeout: pageTimeoutMs }, (answer) => {
      const pieces: Buffer[] = [];
      let held = 0;
      answer.on('data', (piece: Buffer) => {
        held += piece.length;
        if (held > pageBytesMax) asked.destroy(new Error(`a page longer than ${pageBytesMax} bytes`));
        else pieces.push(piece);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${pageTimeoutMs} ms`)));
    asked.on('error', reject);
    asked.end(options.body);
  });
}
