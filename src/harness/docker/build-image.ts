/** Runs a Dockerfile on the engine. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import type { ContextFile } from './image-inputs.ts';
import { tarOf } from './tar.ts';

export interface ImageBuild {
  readonly tag: string;
  /** Relative to the context; must be one of its files. */
  readonly dockerfile: string;
  readonly target?: string;
  readonly context: readonly ContextFile[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** True runs every step again even where the engine still has its result. */
  readonly isFresh: boolean;
}

/** Builds and tags an image. The engine's builder needs no client: dockerode speaks to the classic one. */
export async function buildImage(docker: Docker, build: ImageBuild): Promise<void> {
  const stream = await docker.buildImage(Readable.from([tarOf(build.context)]), {
    t: build.tag,
    dockerfile: build.dockerfile,
    ...(build.target === undefined ? {} : { target: build.target }),
    buildargs: { ...build.buildArgs },
    labels: { ...build.labels },
    nocache: build.isFresh,
    rm: true,
    forcerm: true,
  });
  await finished(stream, build.tag);
}

/** Reads an engine's progress stream to its end; an error in it is thrown with what came just before. */
export async function finished(stream: NodeJS.ReadableStream, tag: string): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    const event = JSON.parse(line) as { stream?: string; error?: string };
    if (event.stream?.trim()) said.push(event.stream.trim());
    if (event.error !== undefined) {
      const before = said.slice(-3).join(' | ');
      throw new EnvironmentError(`building ${tag}: ${event.error.trim()}; before that: ${before || 'nothing'}`);
    }
  }
}
