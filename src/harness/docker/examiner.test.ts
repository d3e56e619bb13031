import { getPriority } from 'node:os';
import { resolve } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { utf8 } from '../../support/bytes.ts';
import { loadSystem } from '../scenario/load-system.ts';
import { examine, type Remains } from './examine.ts';
import { Examiner } from './examiner.ts';

const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
const examiner = new Examiner({ priority: getPriority() });
afterAll(() => examiner.close());

const remains: Remains = {
  system,
  plan: { canaries: [{ label: 'content', bytes: utf8('canary of the content') }], group: 'g', identifiers: [] },
  mark: 'mark-of-this-trial',
  nodes: ['node-a'],
  sessionKeys: [],
  proxyPorts: new Map([['node-a', 7001]]),
  names: new Map([['10.0.0.2', 'toxiproxy']]),
  sharedMachine: null,
  captures: [],
  volumes: new Map([['relay', new Map([['relay.db-wal', Buffer.from('x canary of the content x')]])]]),
  temporary: null,
  logs: {
    relay: { stdout: Buffer.from('mark-of-this-trial'), stderr: Buffer.from('no event {\n') },
    toxiproxy: null,
    nodes: new Map([['node-a', Buffer.from('Grüße, canary of the content')]]),
  },
  pages: new Map([['health', 'ok']]),
};

test('a thread finds what is found without one: hits, stray lines, what cannot be read', async () => {
  const here = await examine(remains);
  expect(await examiner.examine(remains)).toEqual(here);
  const hits = here.searches.flatMap(({ source, hits: found }) => found.map(({ canary }) => `${source}: ${canary}`));
  expect(hits).toEqual(['node-a-log: content', 'relay.db-wal: content']);
  expect(here.searches.filter(({ markFound }) => markFound).map(({ source }) => source)).toEqual([
    'relay-log',
    'page:health',
  ]);
  expect(here.metadata.strayLines).toEqual([{ line: 1, problem: 'expected a JSON object' }]);
  expect(here.missing.map(({ part }) => part)).toEqual([
    'nodes.node-a.items',
    'nodes.node-a.integrityCheck',
    'relay.rows',
    'relay.integrityCheck',
  ]);
});

test('evidence that cannot be examined at all is an error of its own trial only', async () => {
  const broken = { ...remains, plan: { ...remains.plan, canaries: [{ label: 'content', bytes: utf8('short') }] } };
  const [first, second] = await Promise.allSettled([examiner.examine(broken), examiner.examine(remains)]);
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringMatching(/^examining the evidence: .*content has at least 8 bytes/) },
  });
  expect(second.status).toBe('fulfilled');
});

test('a thread that ends takes along who waits for it, and the next is given another', async () => {
  const lost = Promise.all(Array.from({ length: 500 }, () => examiner.examine(remains)));
  await Promise.all([expect(lost).rejects.toThrow('the thread ended (exit code 1)'), examiner.close()]);
  expect(await examiner.examine(remains)).toEqual(await examine(remains));
});
