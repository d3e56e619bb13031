import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import { contextFiles, copiedPaths, inputsKey } from './image-inputs.ts';
import { readImagePins } from './image-pins.ts';
import { ensureImages, imageNames, imageTag } from './images.ts';
import { askRegistry } from './registry.ts';
import { tarOf } from './tar.ts';

const projectRoot = resolve(import.meta.dirname, '../../..');
const projectFile = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const dockerfiles = ['Dockerfile.relay', 'Dockerfile.node', 'docker/sidecar.Dockerfile'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-chaos-images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what a Dockerfile copies', () => {
  const text = 'ARG BASE\nFROM $BASE AS release\nCOPY a b ./\nFROM release AS test\nCOPY c c\n';

  test.each([
    { target: 'release', copied: ['a', 'b'] },
    { target: 'test', copied: ['a', 'b', 'c'] },
    { target: undefined, copied: ['a', 'b', 'c'] },
  ])('up to target $target: $copied', ({ target, copied }) => {
    expect(copiedPaths(text, target)).toEqual(copied);
  });

  test.each(['relay', 'node'])('the %s test image copies the defects and nothing else on top of release', (part) => {
    const text = projectFile(`Dockerfile.${part}`);
    expect(copiedPaths(text, 'test')).toEqual([...copiedPaths(text, 'release'), 'src/sut/defects']);
    const own = text.slice(text.indexOf('FROM release'));
    expect(own.match(/^(COPY|ADD|WORKDIR)/gm)).toEqual(['COPY']);
    // What it compiles, and nothing else.
    const compiles = (entry: string) => text.split('RUN ').filter((one) => one.includes(`node ${entry} --help`));
    const [ofRelease, ofTest] = [`/app/src/sut/${part}/${part}.mjs`, `/app/src/sut/defects/${part}.mjs`].map(compiles);
    expect(own.match(/^RUN/gm)).toEqual(['RUN']);
    const command = (run: string) => run.slice(0, run.indexOf('USER')).replace(/node \S+ --help/, 'node ENTRY --help');
    expect(ofTest!.map(command)).toEqual(ofRelease!.map(command));
  });
});

describe('the key over everything an image is made of', () => {
  const inputs = () => ({ root: folder, dockerfile: 'Dockerfile', target: 'release' });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const lock = (version: string) =>
    write('package-lock.json', JSON.stringify({ packages: { 'node_modules/zod': { version, integrity: 'i' } } }));

  beforeEach(() => {
    write('Dockerfile', 'FROM x AS release\nCOPY node_modules/zod z\nCOPY src src\nFROM release AS test\nCOPY d d\n');
    write('.dockerignore', '*\n!src\n**/*.test.ts\n**/vectors\n');
    write('src/core/a.ts', 'one');
    write('node_modules/zod/index.js', 'zod');
    write('d/defect.ts', 'wrong');
    lock('1.0.0');
  });

  test.each([
    { changed: 'a copied file', change: () => write('src/core/a.ts', 'two') },
    {
      changed: 'the name of a copied file',
      change: () => cpSync(join(folder, 'src/core/a.ts'), join(folder, 'src/b.ts')),
    },
    { changed: 'the Dockerfile', change: () => write('Dockerfile', 'FROM y AS release\nCOPY src src\n') },
    { changed: 'the locked version of a copied package', change: () => lock('1.0.1') },
  ])('changes with $changed', ({ change }) => {
    const before = inputsKey(inputs(), []);
    change();
    expect(inputsKey(inputs(), [])).not.toBe(before);
  });

  test('changes with the base and with the target', () => {
    const key = inputsKey(inputs(), ['base 1']);
    expect(inputsKey(inputs(), ['base 2'])).not.toBe(key);
    expect(inputsKey({ ...inputs(), target: 'test' }, ['base 1'])).not.toBe(key);
  });

  test.each([
    { unchanged: 'a test', path: 'src/core/a.test.ts' },
    { unchanged: 'vectors', path: 'src/core/vectors/v.json' },
    { unchanged: 'a defect, for release', path: 'd/defect.ts' },
    { unchanged: 'a file that nothing copies', path: 'README.md' },
  ])('does not change with $unchanged', ({ path }) => {
    const before = inputsKey(inputs(), []);
    write(path, 'other');
    expect(inputsKey(inputs(), [])).toBe(before);
  });

  test('a build gets the files that the key counts, and those of the packages', () => {
    write('src/core/a.test.ts', 'test');
    expect(contextFiles(inputs()).map(({ path }) => path)).toEqual(['node_modules/zod/index.js', 'src/core/a.ts']);
  });

  test('a missing package is said with what to try', () => {
    rmSync(join(folder, 'node_modules/zod'), { recursive: true });
    expect(() => contextFiles(inputs())).toThrow(
      new EnvironmentError('reading what an image is made of: node_modules/zod is missing; run npm ci'),
    );
  });
});

describe('the tar archive', () => {
  const long = `${'folder/'.repeat(20)}file.ts`;
  const files = [
    { path: 'empty', bytes: Buffer.alloc(0), isExecutable: false },
    { path: 'bin/run', bytes: Buffer.from('#!/bin/sh\n'), isExecutable: true },
    { path: long, bytes: Buffer.alloc(1000, 7), isExecutable: false },
  ];

  test('unpacks into the same files', () => {
    execFileSync('tar', ['-x', '-C', folder], { input: tarOf(files) });
    for (const { path, bytes } of files) expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true);
    expect(execFileSync('find', [folder, '-type', 'f', '-perm', '0755']).toString()).toBe(`${folder}/bin/run\n`);
  });

  test('refuses a path that no header can hold', () => {
    const path = 'x'.repeat(300);
    expect(() => tarOf([{ path, bytes: Buffer.alloc(0), isExecutable: false }])).toThrow('fits into a tar header');
  });
});

describe('what comes from outside', () => {
  test('is one file, and its Node is the one that package.json pins', () => {
    const { node } = JSON.parse(projectFile('package.json')).devDependencies as { node: string };
    expect(readImagePins(projectRoot).node.image).toBe(`node:${node}-trixie-slim`);
    for (const part of ['relay', 'node']) expect(projectFile(`Dockerfile.${part}`)).toContain(`ARG BASE=node:${node}-`);
  });

  test('says all that is wrong with it at once', () => {
    const pins = JSON.parse(projectFile('docker/images.json'));
    const wrong = {
      ...pins,
      node: { image: 'node', digest: null },
      toxiproxy: { ...pins.toxiproxy, digest: 'latest' },
    };
    mkdirSync(join(folder, 'docker'));
    writeFileSync(join(folder, 'docker/images.json'), JSON.stringify(wrong));
    expect(() => readImagePins(folder)).toThrow(
      'docker/images.json node.image: expected NAME:TAG, got "node"\n' +
        'docker/images.json toxiproxy.digest: expected null or sha256:<64 hex>, got "latest"',
    );
  });

  test('each image has a tag of its own', () => {
    expect(imageNames.map((name) => imageTag(name))).toEqual([
      'relay-chaos/base:local',
      'relay-chaos/toxiproxy:2.12.0',
      'relay-chaos/relay:release',
      'relay-chaos/relay:test',
      'relay-chaos/node:release',
      'relay-chaos/node:test',
      'relay-chaos/sidecar:local',
    ]);
  });
});

describe('the packages in an image', () => {
  const locked = JSON.parse(projectFile('package-lock.json')).packages as Record<
    string,
    { dependencies?: Record<string, string> }
  >;
  const closureOf = (names: readonly string[], seen = new Set<string>()): Set<string> => {
    for (const name of names.filter((each) => !seen.has(each))) {
      seen.add(name);
      closureOf(Object.keys(locked[`node_modules/${name}`]?.dependencies ?? {}), seen);
    }
    return seen;
  };
  const sourcesUnder = (path: string): string[] =>
    readdirSync(join(projectRoot, path), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name) && !name.endsWith('.test.ts'))
      .map((name) => projectFile(join(path, name)));
  const importedBy = (sources: readonly string[]) =>
    new Set(
      sources
        .flatMap((text) =>
          [...text.matchAll(/^(?:import|export)\b[^;]*? from '([^'.][^']*)'/gm)].map((match) => match[1]!),
        )
        .filter((name) => !name.startsWith('node:'))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );

  test.each(dockerfiles)('%s copies every package that its sources import, with what those need', (dockerfile) => {
    const copied = copiedPaths(projectFile(dockerfile));
    // The defects are left out: the import rules allow them no package.
    const sources = copied
      .filter((path) => path.startsWith('src/') && !path.endsWith('/defects'))
      .flatMap(sourcesUnder);
    const imported = importedBy(sources);
    expect(imported).toContain('zod');
    const packages = copied
      .filter((path) => path.startsWith('node_modules/'))
      .map((path) => path.slice('node_modules/'.length));
    const isCopied = (name: string) => packages.some((path) => name === path || name.startsWith(`${path}/`));
    expect([...closureOf([...imported])].filter((name) => !isCopied(name))).toEqual([]);
  });

  test.each(dockerfiles)('.dockerignore lets through what %s copies, for a build by hand', (dockerfile) => {
    const allowed = projectFile('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const isAllowed = (path: string) => allowed.some((each) => path === each || path.startsWith(`${each}/`));
    expect(copiedPaths(projectFile(dockerfile)).filter((path) => !isAllowed(path))).toEqual([]);
  });
});

describe('a registry', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const pinned = `sha256:${'b'.repeat(64)}`;
  const answering = async (status: number, body: unknown, ask: (docker: Docker) => Promise<unknown>) => {
    const socketPath = join(folder, 'engine.sock');
    const server = createServer((_request, response) => {
      if (status !== 0) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(socketPath, done));
    try {
      return await ask(new Docker({ socketPath }));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  test.each([
    { says: 'a digest', status: 200, own: null, answer: { reference: `x:1@${digest}` } },
    { says: 'a digest, another is pinned', status: 200, own: pinned, answer: { reference: `x:1@${pinned}` } },
    { says: 'an error', status: 500, own: null, answer: { missing: 'no such host' } },
    { says: 'nothing', status: 0, own: null, answer: { missing: 'no answer for x:1 within 200 ms' } },
  ])('that says $says', async ({ status, own, answer }) => {
    const body = status === 200 ? { Descriptor: { digest } } : { message: 'no such host' };
    const got = await answering(status, body, (docker) => askRegistry(docker, { image: 'x:1', digest: own }, 200));
    expect(got).toEqual(answer);
  });
});

test('without an engine it says so and what to try', async () => {
  const docker = new Docker({ socketPath: join(folder, 'nothing.sock') });
  const attempt = ensureImages({ docker, log: () => {} });
  await expect(attempt).rejects.toThrow(EnvironmentError);
  await expect(attempt).rejects.toThrow(/^looking for images: no Docker engine answers .*; .*npm run engine$/);
});
