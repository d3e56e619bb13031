/** How each image is made, and what it is made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { buildImage } from './build-image.ts';
import { type ContextFile, contextFiles, inputsKey } from './image-inputs.ts';
import type { ImagePins, PinnedImage } from './image-pins.ts';
import { makeLocalBase } from './local-base.ts';
import { compileToxiproxy } from './local-toxiproxy.ts';
import { askRegistry } from './registry.ts';

/** In the order they are made: each may be built on one before it. */
export const imageNames = [
  'base',
  'toxiproxy',
  'relay:release',
  'relay:test',
  'node:release',
  'node:test',
  'sidecar',
] as const;
export type ImageName = (typeof imageNames)[number];

/** Where the parts that come from outside came from. `source` is a registry's image with its digest, or says what was built. */
export interface ImageOrigin {
  readonly way: 'registry' | 'local';
  readonly source: string;
}

export interface ImageSources {
  readonly root: string;
  readonly pins: ImagePins;
}

export interface ImageOrder extends ImageSources {
  readonly docker: Docker;
  readonly tag: string;
  /** What an image that is built on our base image takes. */
  readonly base: () => Promise<ImageOrigin & { readonly tag: string }>;
  /** True: nothing is taken from the engine's cache of build steps. */
  readonly isFresh: boolean;
  /** The labels that tell what the image is made of and where from. */
  readonly labels: (origin: ImageOrigin) => Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Runs a named step and logs it with its seconds. */
  readonly step: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

export interface ImageRecipe {
  readonly tag: (pins: ImagePins) => string;
  /** A digest over everything the image is made of. */
  readonly inputs: (sources: ImageSources) => string;
  readonly make: (order: ImageOrder) => Promise<void>;
}

const base: ImageRecipe = {
  tag: () => 'relay-chaos/base:local',
  inputs: ({ root, pins }) =>
    inputsKey({ root, dockerfile: 'docker/base.Dockerfile' }, [JSON.stringify([pins.node, pins.debian])]),
  async make(order) {
    const { docker, root, tag, pins, labels, step } = order;
    const reference = await registryReference(order, pins.node);
    if (reference === undefined) {
      const source = `debootstrap ${pins.debian.suite}, ${pins.node.image.replace(/-.*/, '')}`;
      await makeLocalBase(docker, { root, tag, debian: pins.debian, labels: labels({ way: 'local', source }), step });
      return;
    }
    await build(order, {
      dockerfile: 'docker/base.Dockerfile',
      buildArgs: { NODE_IMAGE: reference, PACKAGES: pins.debian.packages.join(' ') },
      origin: { way: 'registry', source: reference },
    });
  },
};

const toxiproxyDockerfile = {
  registry: 'docker/toxiproxy.registry.Dockerfile',
  local: 'docker/toxiproxy.local.Dockerfile',
} as const;

const toxiproxy: ImageRecipe = {
  tag: (pins) => `relay-chaos/toxiproxy:${pins.toxiproxy.version}`,
  inputs: ({ root, pins }) =>
    inputsKey({ root, dockerfile: toxiproxyDockerfile.registry }, [
      readFileSync(join(root, toxiproxyDockerfile.local), 'utf8'),
      JSON.stringify(pins.toxiproxy),
    ]),
  async make(order) {
    const { pins, step } = order;
    const reference = await registryReference(order, pins.toxiproxy);
    if (reference !== undefined) {
      await build(order, {
        dockerfile: toxiproxyDockerfile.registry,
        buildArgs: { TOXIPROXY_IMAGE: reference },
        origin: { way: 'registry', source: reference },
      });
      return;
    }
    const source = `${pins.toxiproxy.goModule} ${pins.toxiproxy.version}`;
    const program = await step(`go install ${source}`, () => compileToxiproxy(pins.toxiproxy));
    await build(order, {
      dockerfile: toxiproxyDockerfile.local,
      files: [program],
      origin: { way: 'local', source },
    });
  },
};

export const imageRecipes: Readonly<Record<ImageName, ImageRecipe>> = {
  base,
  toxiproxy,
  'relay:release': onBase('relay-chaos/relay:release', { dockerfile: 'Dockerfile.relay', target: 'release' }),
  'relay:test': onBase('relay-chaos/relay:test', { dockerfile: 'Dockerfile.relay', target: 'test' }),
  'node:release': onBase('relay-chaos/node:release', { dockerfile: 'Dockerfile.node', target: 'release' }),
  'node:test': onBase('relay-chaos/node:test', { dockerfile: 'Dockerfile.node', target: 'test' }),
  sidecar: onBase('relay-chaos/sidecar:local', { dockerfile: 'docker/sidecar.Dockerfile' }),
};

/** An image of our own code: one Dockerfile, built on the base image. */
function onBase(tag: string, stage: { dockerfile: string; target?: string }): ImageRecipe {
  return {
    tag: () => tag,
    inputs: (sources) => inputsKey({ root: sources.root, ...stage }, [base.inputs(sources)]),
    async make(order) {
      const { tag: baseTag, ...origin } = await order.base();
      const files = contextFiles({ root: order.root, ...stage });
      await build(order, { ...stage, files, buildArgs: { BASE: baseTag }, origin });
    },
  };
}

interface BuildOptions {
  readonly dockerfile: string;
  readonly target?: string;
  readonly files?: readonly ContextFile[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly origin: ImageOrigin;
}

async function build(order: ImageOrder, options: BuildOptions): Promise<void> {
  const { dockerfile, target, files = [], buildArgs = {}, origin } = options;
  const recipe = { path: dockerfile, bytes: readFileSync(join(order.root, dockerfile)), isExecutable: false };
  await order.step(`docker build of ${dockerfile}`, () =>
    buildImage(order.docker, {
      tag: order.tag,
      dockerfile,
      ...(target === undefined ? {} : { target }),
      context: [recipe, ...files],
      buildArgs,
      labels: order.labels(origin),
      isFresh: order.isFresh,
    }),
  );
}

/** The image with its digest, or undefined, said in a line, where it has to be made on this host. */
async function registryReference(order: ImageOrder, pinned: PinnedImage): Promise<string | undefined> {
  const answer = await askRegistry(order.docker, pinned);
  if ('reference' in answer) {
    order.log(`from the registry: ${answer.reference}`);
    return answer.reference;
  }
  order.log(`${pinned.image} cannot be had from its registry (${answer.missing}); making it on this host instead`);
  return undefined;
}
