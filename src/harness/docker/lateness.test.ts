import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { expect, test } from '@jest/globals';
import { Lateness } from './lateness.ts';

const module = new URL('lateness.ts', import.meta.url).href;

/** Runs in a process of its own, as somebody who may not raise a priority; prints what it found. */
function asNobody(program: string, nice: number): string {
  const text = `const { getPriority } = require('node:os'); import('${module}').then(({ Lateness, preferTester }) => { ${program} })`;
  const who = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const command = [...who, 'nice', '-n', String(nice), process.execPath, '--eval', text];
  const { stdout, stderr, status } = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : stderr;
}

test('a thread that waits hears of the time in which nobody else could run, until the hearer goes', async () => {
  const logged: string[] = [];
  const lateness = new Lateness({ priority: getPriority(), log: (line) => logged.push(line) });
  const heard = Promise.withResolvers<number>();
  const end = lateness.hear(heard.resolve);
  // More threads of work than there are processors, until one of its timers is late by what is told at all.
  const busy = spawnSync('sh', [
    '-c',
    'for i in 1 2 3 4 5 6 7 8; do timeout 0.4 sh -c "while :; do :; done" & done; wait',
  ]);
  expect(busy.status).toBe(0);
  expect(await heard.promise).toBeGreaterThan(0);
  end();
  await lateness.close();
  expect(logged).toEqual([]);
});

test.each([0, 5])('one who may not raise a priority, started at %s, goes on as it was', (nice) => {
  const program = `
    const priority = preferTester();
    const lateness = new Lateness({ priority, log: (line) => console.log(line) });
    setTimeout(() => { console.log(priority, getPriority()); lateness.close(); }, 300);`;
  const as = Math.min(19, nice + getPriority());
  expect(asNobody(program, nice)).toBe(`${as} ${as}`);
});
