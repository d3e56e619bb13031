/** What an image is made of: the files its Dockerfile copies, and one key over everything that could change it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../../support/errors.ts';

/** One file on its way into an image; `path` is relative to the project's root. */
export interface ContextFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isExecutable: boolean;
}

export interface DockerfileInputs {
  readonly root: string;
  /** Relative to the root. */
  readonly dockerfile: string;
  /** A stage's name; without one the last stage is meant. */
  readonly target?: string;
}

/** The sources of every COPY from the build context up to and with the target stage, in the Dockerfile's order. */
export function copiedPaths(dockerfileText: string, target?: string): string[] {
  const copied: string[] = [];
  let stage: string | undefined;
  for (const line of dockerfileText.split('\n')) {
    const [instruction, ...words] = line.trim().split(/\s+/);
    if (instruction === 'FROM') {
      if (target !== undefined && stage === target) break;
      stage = words[1] === 'AS' ? words[2] : undefined;
    }
    if (instruction === 'COPY') copied.push(...words.slice(0, -1));
  }
  return copied;
}

/** All files that a build of the target gets, sorted by path. */
export function contextFiles(inputs: DockerfileInputs): ContextFile[] {
  return copiedPaths(dockerfileText(inputs), inputs.target)
    .flatMap((path) => filesUnder(inputs.root, path, isLeftOut(inputs.root)))
    .map((path) => ({
      path,
      bytes: readFileSync(join(inputs.root, path)),
      isExecutable: (statSync(join(inputs.root, path)).mode & 0o111) !== 0,
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * A digest over the Dockerfile, the target, all copied files and `further` (such as the key of the base image).
 *
 * Packages count by the version and integrity in package-lock.json, not by their files: reading those would cost more
 * than all the rest. An edit by hand under node_modules is therefore not seen.
 */
export function inputsKey(inputs: DockerfileInputs, further: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array) => hash.update(`${part.length}\0`).update(part);
  const text = dockerfileText(inputs);
  for (const part of [text, inputs.target ?? '', ...further]) add(part);
  const leftOut = isLeftOut(inputs.root);
  for (const source of copiedPaths(text, inputs.target)) {
    if (source.startsWith('node_modules/')) {
      add(lockedPackages(inputs.root, source));
      continue;
    }
    for (const path of filesUnder(inputs.root, source, leftOut)) {
      add(path);
      add(readFileSync(join(inputs.root, path)));
    }
  }
  return hash.digest('hex');
}

function dockerfileText({ root, dockerfile }: DockerfileInputs): string {
  return readFileSync(join(root, dockerfile), 'utf8');
}

function lockedPackages(root: string, source: string): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  return Object.entries(lock.packages)
    .filter(([path]) => path === source || path.startsWith(`${source}/`))
    .map(([path, { version, integrity }]) => `${path} ${version} ${integrity}`)
    .join('\n');
}

function filesUnder(root: string, path: string, leftOut: (name: string) => boolean): string[] {
  const kind = statSync(join(root, path), { throwIfNoEntry: false });
  if (kind === undefined) {
    const cure = path.startsWith('node_modules/') ? 'run npm ci' : 'this checkout is incomplete';
    throw new EnvironmentError(`reading what an image is made of: ${path} is missing; ${cure}`);
  }
  if (kind.isFile()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => !leftOut(name))
    .sort()
    .flatMap((name) => filesUnder(root, `${path}/${name}`, leftOut));
}

// The names that .dockerignore leaves out at any depth: its lines that begin with "**/", where * stands for any text.
function isLeftOut(root: string): (name: string) => boolean {
  const patterns = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('**/'))
    .map((line) => line.slice('**/'.length).replaceAll('.', '\\.').replaceAll('*', '[^/]*'));
  const anyOf = new RegExp(`^(?:${patterns.join('|')})$`);
  return (name) => anyOf.test(name);
}
