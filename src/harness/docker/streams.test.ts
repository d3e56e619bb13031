import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Attachment } from './attachment.ts';
import { ControlChannel } from './control-channel.ts';
import { readLines } from './lines.ts';
import { Shell } from './shell.ts';

/** The two ends of an attachment without a container between them. */
function attachment() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written: string[] = [];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const held: Attachment = { write: (text) => written.push(text), stdout, stderr, ended, close: () => end() };
  return { held, written, say: (text: string) => stdout.write(text), end: () => end() };
}

describe('lines', () => {
  test('are cut wherever the chunks end, and one that is too long is dropped whole', () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    let tooLong = 0;
    readLines(stream, { bytesMax: 8, onLine: (line) => lines.push(line), onTooLong: () => (tooLong += 1) });
    for (const chunk of ['on', 'e\ntwo\nfar too ', 'long for this', ' reader\nthr', 'ee\n']) stream.write(chunk);
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(tooLong).toBe(1);
  });
});

describe('control channel', () => {
  function channel() {
    const ends = attachment();
    const events: unknown[] = [];
    const strays: string[] = [];
    const opened = new ControlChannel(ends.held, {
      onEvent: (event) => events.push(event),
      onStray: (problem) => strays.push(problem),
    });
    return { ...ends, channel: opened, events, strays };
  }

  test('answers find their requests out of order', async () => {
    const { channel: control, written, say } = channel();
    const [one, two] = [control.request('ping', {}, 1000), control.request('delete', { item: 'x' }, 1000)];
    expect(written.map((line) => JSON.parse(line).id)).toEqual([1, 2]);
    say(
      '{"id":2,"outcome":"failed","code":"NO_SUCH_ITEM","message":"no"}\n{"id":1,"outcome":"ok","value":{"roundTripMs":2}}\n',
    );
    expect(await one).toEqual({ outcome: 'ok', value: { roundTripMs: 2 } });
    expect(await two).toEqual({ outcome: 'failed', code: 'NO_SUCH_ITEM', message: 'no' });
  });

  test('no answer in time is unknown, and the late answer is nobody’s', async () => {
    const { channel: control, say, strays } = channel();
    expect((await control.request('ping', {}, 10)).outcome).toBe('unknown');
    say('{"id":1,"outcome":"ok","value":{"roundTripMs":2}}\n');
    const next = control.request('ping', {}, 1000);
    say('{"id":2,"outcome":"ok","value":{"roundTripMs":3}}\n');
    expect(await next).toEqual({ outcome: 'ok', value: { roundTripMs: 3 } });
    expect(strays).toEqual([]);
  });

  test('a process that ends leaves its requests unknown, and those after it', async () => {
    const { channel: control, end } = channel();
    const open = control.request('ping', {}, 1000);
    end();
    expect((await open).outcome).toBe('unknown');
    expect((await control.request('ping', {}, 1000)).outcome).toBe('unknown');
  });

  test.each([
    ['is no JSON', 'secret text', 'not JSON'],
    ['is an announcement nobody knows', '{"event":"secret"}', 'outside the contract'],
    ['is no answer', '{"outcome":"ok"}', 'outside the contract'],
  ])('a line that %s is told without being quoted', (_, line, problem) => {
    const { strays, say } = channel();
    say(`${line}\n`);
    expect(strays).toHaveLength(1);
    expect(strays[0]).toContain(problem);
    expect(strays[0]).not.toContain('secret');
  });

  test('a value that breaks the contract is unknown', async () => {
    const { channel: control, say } = channel();
    const asked = control.request('ping', {}, 1000);
    say('{"id":1,"outcome":"ok","value":{"roundTripMs":"soon"}}\n');
    expect((await asked).outcome).toBe('unknown');
  });

  test('announcements reach the listener', () => {
    const { events, say } = channel();
    say('{"event":"asked-again","atMs":1,"cursor":7}\n');
    expect(events).toEqual([{ event: 'asked-again', atMs: 1, cursor: 7 }]);
  });
});

describe('shell', () => {
  /** A real shell of this host in place of one in a container. */
  async function withShell<T>(work: (shell: Shell) => Promise<T>): Promise<T> {
    const folder = mkdtempSync(join(tmpdir(), 'relay-chaos-shell-'));
    const child = spawn('sh', [], { stdio: ['pipe', 'pipe', 'pipe'] });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    child.stdout.pipe(stdout);
    child.stderr.pipe(stderr);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const close = () => {
      child.kill();
    };
    const held: Attachment = { write: (text) => child.stdin.write(text), stdout, stderr, ended, close };
    try {
      return await work(new Shell('a test', held, folder));
    } finally {
      close();
      await ended;
      rmSync(folder, { recursive: true });
    }
  }

  test('keeps status, output and errors apart, whatever bytes the output holds', () =>
    withShell(async (shell) => {
      const [one, two, three] = await Promise.all([
        shell.run("printf 'a\\n@@0 9 9\\n\\000b'; echo wrong >&2; false"),
        shell.run('true'),
        shell.expect('echo after'),
      ]);
      expect(one).toEqual({ status: 1, stdout: Buffer.from('a\n@@0 9 9\n\0b'), stderr: 'wrong\n' });
      expect(two.status).toBe(0);
      expect(three).toBe('after\n');
    }));

  test('a command that must succeed and does not is named with its last words', () =>
    withShell(async (shell) => {
      await expect(shell.expect('echo because >&2; exit_status_of() { return 3; }; exit_status_of')).rejects.toThrow(
        /ended with 3: because/,
      );
    }));

  test('a shell that has gone fails what waits and what comes', () =>
    withShell(async (shell) => {
      const waiting = shell.run('sleep 5');
      shell.close();
      await expect(waiting).rejects.toThrow('it ended');
      await expect(shell.run('true')).rejects.toThrow('it ended');
    }));
});
