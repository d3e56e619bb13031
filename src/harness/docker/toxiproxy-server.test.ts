import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { ToxiproxyServer } from './toxiproxy-server.ts';

let server: Server | null = null;

afterEach(() => {
  server?.close();
  server = null;
});

test('what became of the connection is told when no answer comes', async () => {
  server = createServer((connection) => connection.once('data', () => connection.resetAndDestroy()));
  const url = await listening(server);
  await expect(new ToxiproxyServer(url).leftovers()).rejects.toThrow(
    `Toxiproxy at ${url}: listing its proxies: no answer (read ECONNRESET); the tester must reach the stage's control network`,
  );
});

test('a connection that is refused too', async () => {
  server = createServer();
  const url = await listening(server);
  server.close();
  await expect(new ToxiproxyServer(url).leftovers()).rejects.toThrow(
    `no answer (connect ECONNREFUSED ${url.slice(7)})`,
  );
});

test('a toxic whose removal was answered too late is gone, one that was never asked to go is an error', async () => {
  const toxics = new Set<string>();
  let isSlow = true;
  const api = createHttpServer((request, response) => {
    const name = request.url!.split('/').at(-1)!;
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (request.method === 'GET') answer(200, { name: 'px-node-a', toxics: [] });
    else if (request.method === 'POST') {
      request.setEncoding('utf8').once('data', (text: string) => {
        toxics.add(JSON.parse(text).name);
        answer(200, JSON.parse(text));
      });
    } else if (!toxics.delete(name)) answer(404, { error: 'toxic not found' });
    else if (!isSlow) answer(204, {});
  });
  server = api;
  const proxy = new ToxiproxyServer(await listening(api), 300);
  const toxic = { type: 'latency', direction: 'down', attributes: { latency: 9, jitter: 0 } } as const;
  const late = await proxy.addToxic('node-a', toxic);
  await expect(late.heal()).rejects.toThrow('taking latency off the link of node-a: no answer within 300 ms');
  await late.heal();
  isSlow = false;
  const vanished = await proxy.addToxic('node-a', toxic);
  toxics.clear();
  await expect(vanished.heal()).rejects.toThrow('404');
  api.closeAllConnections(); // One waits for its answer still.
});

async function listening(one: Server): Promise<string> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(one.address() as { port: number }).port}`;
}
