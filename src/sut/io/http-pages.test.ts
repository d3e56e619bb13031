import { expect, test } from '@jest/globals';
import { HttpPages } from './http-pages.ts';

test('pages, methods, bodies, missing pages, large bodies and failing sources each get their answer', async () => {
  const pages = new HttpPages('127.0.0.1:0', async ({ method, path, body }) => {
    if (path === '/fails') throw new Error('a secret reason');
    if (path !== '/echo') return null;
    return { status: 200, contentType: 'text/plain', body: `${method} ${body.length}` };
  });
  await pages.listen();
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${pages.port}${path}`, init);
    return [response.status, await response.text()];
  };
  expect(await ask('/echo?x=1')).toEqual([200, 'GET 0']);
  expect(await ask('/echo', { method: 'HEAD' })).toEqual([200, '']);
  expect(await ask('/echo', { method: 'POST', body: 'four' })).toEqual([200, 'POST 4']);
  expect(await ask('/other')).toEqual([404, 'not found\n']);
  expect(await ask('/fails')).toEqual([500, 'internal error\n']);
  expect((await ask('/echo', { method: 'POST', body: new Uint8Array(70_000) }))[0]).toBe(413);
  pages.close();
  await expect(ask('/echo')).rejects.toThrow();
});
