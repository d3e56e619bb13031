import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { ensureImages, type ImageReport, imageNames, imageTag } from './images.ts';

const docker = new Docker();

/** What a shell in the image prints, without network, as root unless told otherwise. */
function inImage(tag: string, script: string, ...options: string[]): string {
  const common = ['--rm', '--network', 'none', '--label', 'relay-chaos.run=images-test', '--entrypoint', 'sh'];
  return execFileSync('docker', ['run', ...common, '--user', '0', ...options, tag, '-c', script], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
}

/** Path to kind, mode, owner, link target and, for files, digest, for everything in the image. */
function filesIn(tag: string): Map<string, string> {
  // The engine lays these over every container; they are no part of the image.
  const laidOver =
    '-path /proc -o -path /sys -o -path /dev -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf';
  const all = `find / \\( ${laidOver} -o -path /.dockerenv \\) -prune -o`;
  const facts = inImage(tag, `${all} -printf '%p\\t%y %m %U:%G %l\\n'`);
  const digests = inImage(tag, `${all} -type f -exec sha256sum {} +`);
  const files = new Map<string, string>();
  for (const line of facts.trim().split('\n'))
    files.set(line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1));
  for (const line of digests.trim().split('\n'))
    files.set(line.slice(66), `${files.get(line.slice(66))} ${line.slice(0, 64)}`);
  return files;
}

let reports: ImageReport[];
beforeAll(async () => {
  reports = await ensureImages({ log: (line) => process.stderr.write(`${line}\n`) });
}, 600_000);

test('all images are there, and a second call does nothing', async () => {
  expect(reports.map(({ name }) => name)).toEqual(imageNames);
  const lines: string[] = [];
  const again = await ensureImages({ log: (line) => lines.push(line) });
  expect(lines).toEqual([]);
  expect(again).toEqual(reports.map((report) => ({ ...report, how: 'present' })));
});

describe.each(['relay', 'node'] as const)('the %s images', (part) => {
  const release = imageTag(`${part}:release`);
  const tested = imageTag(`${part}:test`);
  const defects = '/app/src/sut/defects';

  test('test is release and two layers, the defects and what Node compiled of them; every other file is the same', async () => {
    const layers = async (tag: string) => (await docker.getImage(tag).inspect()).RootFS.Layers ?? [];
    const [own, more] = [await layers(release), await layers(tested)];
    expect(more.slice(0, -2)).toEqual(own);

    const [files, testFiles] = [filesIn(release), filesIn(tested)];
    expect(files.get('/usr/local/bin/node')).toMatch(/^f 755 0:0 {2}[0-9a-f]{64}$/); // The listing holds digests.
    const added = [...testFiles.keys()].filter((path) => path === defects || path.startsWith(`${defects}/`));
    expect(added).toContain(`${defects}/${part}.mjs`);
    const compiled = [...testFiles.keys()].filter((path) => /^\/app\/compiled\/[^/]+\/[0-9a-f]+$/.test(path));
    const compiledMore = compiled.filter((path) => !files.has(path));
    expect(compiledMore.length).toBeLessThan(compiled.length); // Those of the release are there too.
    for (const path of [...added, ...compiledMore]) testFiles.delete(path);
    const differing = [...new Set([...files.keys(), ...testFiles.keys()])].filter(
      (path) => files.get(path) !== testFiles.get(path),
    );
    expect(differing).toEqual([]);
  });

  test('release holds nothing of the defects and none of the tests', () => {
    const own = [...filesIn(release).keys()].filter((path) => path.startsWith('/app/'));
    expect(own).toContain(`/app/src/sut/${part}/${part}.mjs`);
    expect(own.filter((path) => /defects|\.test\.ts$|\/harness|\/vectors/.test(path))).toEqual([]);
    const importers = inImage(release, `grep -rlE "(from|import\\() *'[^']*defects" /app/src || true`);
    expect(importers).toBe('');
  });

  test('differs in nothing but the entry point in how it is started', async () => {
    const config = async (tag: string) => {
      const { Entrypoint, Labels: _, Image: __, ...rest } = (await docker.getImage(tag).inspect()).Config;
      return { entry: Entrypoint, rest };
    };
    const [own, more] = [await config(release), await config(tested)];
    expect(own.entry).toEqual(['node', `/app/src/sut/${part}/${part}.mjs`]);
    expect(more.entry).toEqual(['node', `${defects}/${part}.mjs`]);
    expect(more.rest).toEqual(own.rest);
  });

  test('runs as a user who can write to /data and to nothing else', () => {
    const hardened = ['--user', '10001:10001', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const script =
      'id -u; stat -c "%a %u:%g" /data; touch /data/x && echo ok; find /app /usr /etc -writable ! -type l 2>/dev/null || true';
    expect(inImage(release, script, ...hardened)).toBe('10001\n700 10001:10001\nok\n');
  });
});

describe('the sidecar image', () => {
  const tools = (capability: string, script: string) =>
    inImage(imageTag('sidecar'), script, '--cap-drop', 'ALL', '--cap-add', capability, '--read-only');

  test('shapes traffic with NET_ADMIN alone', () => {
    const drop = 'INPUT -p tcp -m statistic --mode random --probability 0.5 -j DROP';
    const said = tools(
      'NET_ADMIN',
      `iptables -A ${drop} && iptables -S INPUT && tc qdisc add dev lo root tbf rate 8mbit burst 32kb latency 400ms && tc qdisc show dev lo && nft list tables`,
    );
    expect(said).toMatch(/-m statistic --mode random .*-j DROP/);
    expect(said).toContain('qdisc tbf');
    expect(said).toContain('table ip filter');
  });

  test('captures with NET_RAW alone', () => {
    const ping = `node -e 'require("node:dgram").createSocket("udp4").unref().send("canary",9,"127.0.0.1")'`;
    const said = tools(
      'NET_RAW',
      `tcpdump -Z root --immediate-mode -i lo -c 1 -A udp 2>/dev/null & until grep -q . /proc/net/packet && [ "$(wc -l < /proc/net/packet)" -gt 1 ]; do :; done; ${ping}; wait`,
    );
    expect(said).toContain('canary');
  });
});

test('Toxiproxy is the pinned version', () => {
  const version = execFileSync('docker', ['run', '--rm', imageTag('toxiproxy'), '-version'], { encoding: 'utf8' });
  expect(version).toContain('2.12.0');
});
