/** What the engine and its kernel are, for the top of a run, its report, and `doctor`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import { engineCall, expectEngine, statusOf } from './engine.ts';
import { imageNames, imageTag } from './images.ts';
import { askKernel, type KernelFacts } from './kernel-facts.ts';
import { sidecarImage } from './stage-images.ts';
import { freePairCount } from './subnets.ts';

export interface EngineFacts extends KernelFacts {
  readonly engine: string;
  readonly compose: string;
  readonly storageDriver: string;
  readonly processors: number;
  readonly memoryMiB: number;
  /** How many stages' networks are free. */
  readonly freeSubnetPairs: number;
  /** Engine ids by tag; null: not there. */
  readonly images: Readonly<Record<string, string | null>>;
}

/** Fails when no engine answers or it has no Compose. `runId` labels the container that asks the kernel. */
export async function probeEngine(runId = 'probe'): Promise<EngineFacts> {
  const { docker, version } = await expectEngine();
  const compose = await composeVersion(); // Before a container is made that nobody would wait for.
  const [info, kernel, freeSubnetPairs, images] = await Promise.all([
    engineCall('asking the engine about itself', () => docker.info() as Promise<Record<string, unknown>>),
    askKernel(docker, { image: sidecarImage, runId }),
    freePairCount(docker),
    imageIds(docker),
  ]);
  return {
    engine: version,
    compose,
    storageDriver: String(info.Driver),
    processors: Number(info.NCPU),
    memoryMiB: Math.round(Number(info.MemTotal) / 1024 / 1024),
    freeSubnetPairs,
    images,
    ...kernel,
  };
}

/** Such as `2.26.1`; fails below 2. */
export async function composeVersion(): Promise<string> {
  const cure =
    'install Compose v2 (docker-compose-plugin, docker-compose-v2 or docker-compose), or run: npm run engine';
  const asked = promisify(execFile)('docker', ['compose', 'version', '--short'], {
    timeout: 10_000,
    env: process.env,
  });
  const { stdout } = await asked.catch((error: unknown) => {
    throw new EnvironmentError(`asking for Docker Compose: "docker compose version" does not answer; ${cure}`, {
      cause: error,
    });
  });
  const version = stdout.trim().replace(/^v/, '');
  if (Number.parseInt(version, 10) >= 2) return version;
  throw new EnvironmentError(`asking for Docker Compose: expected version 2 or later, got ${version}; ${cure}`);
}

async function imageIds(docker: Docker): Promise<Record<string, string | null>> {
  const tags = imageNames.map(imageTag);
  const ids = await Promise.all(
    tags.map(async (tag) => {
      try {
        return (await docker.getImage(tag).inspect()).Id;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    }),
  );
  return Object.fromEntries(tags.map((tag, index) => [tag, ids[index]!]));
}
