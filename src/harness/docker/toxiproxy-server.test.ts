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

async function listening(one: Server): Promise<string> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(one.address() as { port: number }).port}`;
}
