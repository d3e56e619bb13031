/**
 * The images that the Compose files name: had from a registry where one can be reached, else made from what this host
 * has, and made again only when something they are made of has changed.
 */
import { resolve } from 'node:path';
import Docker, { type ImageInspectInfo } from 'dockerode';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import { type ImagePins, readImagePins } from './image-pins.ts';
import { type ImageName, type ImageOrigin, imageNames, imageRecipes } from './image-recipes.ts';

export { type ImageName, imageNames } from './image-recipes.ts';

export interface EnsureImagesOptions {
  /** All of them when left out. */
  readonly names?: readonly ImageName[];
  /** Called with one line for each step, with its seconds. */
  readonly log: (line: string) => void;
  /** True makes the named images again although they are current. */
  readonly rebuild?: boolean;
  readonly docker?: Docker;
  /** Where the sources are; this project when left out. */
  readonly root?: string;
  /** What comes from outside; docker/images.json when left out. */
  readonly pins?: ImagePins;
}

export interface ImageReport {
  readonly name: ImageName;
  readonly tag: string;
  /** `present`: was current, nothing was done. Else where its parts from outside were had. */
  readonly how: ImageOrigin['way'] | 'present';
  /** A registry's image with its digest, or what was built on this host. */
  readonly source: string;
  /** The engine's id of the image, sha256:... */
  readonly id: string;
  /** The digest over all it is made of. */
  readonly inputs: string;
  readonly bytes: number;
}

const projectRoot = resolve(import.meta.dirname, '../../..');
const label = { inputs: 'relay-chaos.inputs', way: 'relay-chaos.way', source: 'relay-chaos.source' } as const;

/** The tag under which the Compose files name an image. */
export function imageTag(name: ImageName): string {
  return imageRecipes[name].tag(readImagePins(projectRoot));
}

/**
 * Makes the named images current, and the base image where one of them needs it, and says how it had each.
 *
 * An image is current when its label relay-chaos.inputs equals the digest over everything it is made of now. Fails with
 * an EnvironmentError when no engine answers or an image cannot be had.
 */
export async function ensureImages(options: EnsureImagesOptions): Promise<ImageReport[]> {
  const { names = imageNames, log, rebuild = false, docker = new Docker(), root = projectRoot } = options;
  const pins = options.pins ?? readImagePins(root);
  await expectEngine(docker);
  const reports = new Map<ImageName, ImageReport>();
  const outdatedIds: string[] = [];

  async function ensure(name: ImageName): Promise<ImageReport> {
    const report = reports.get(name) ?? (await present(name)) ?? (await make(name));
    reports.set(name, report);
    return report;
  }

  async function present(name: ImageName): Promise<ImageReport | undefined> {
    if (rebuild && names.includes(name)) return undefined;
    const recipe = imageRecipes[name];
    const found = await inspect(docker, recipe.tag(pins));
    if (found?.Config.Labels?.[label.inputs] !== recipe.inputs({ root, pins })) return undefined;
    return describe(name, recipe.tag(pins), found, 'present');
  }

  async function make(name: ImageName): Promise<ImageReport> {
    const recipe = imageRecipes[name];
    const tag = recipe.tag(pins);
    const inputs = recipe.inputs({ root, pins });
    const outdated = await inspect(docker, tag);
    await recipe.make({
      docker,
      root,
      pins,
      tag,
      isFresh: rebuild && !name.endsWith(':test'), // A test image shares every layer of its release image.
      log: (line) => log(`${tag}: ${line}`),
      step: (what, work) => timed((line) => log(`${tag}: ${line}`), what, work),
      labels: ({ way, source }) => ({ [label.inputs]: inputs, [label.way]: way, [label.source]: source }),
      base: async () => {
        await ensure('base');
        const found = await expectImage(docker, imageRecipes.base.tag(pins));
        return { tag: imageRecipes.base.tag(pins), ...originOf(found) };
      },
    });
    const made = await expectImage(docker, tag);
    if (outdated !== undefined && outdated.Id !== made.Id) outdatedIds.unshift(outdated.Id);
    return describe(name, tag, made, originOf(made).way);
  }

  for (const name of imageNames.filter((each) => names.includes(each))) await ensure(name);
  for (const id of outdatedIds) await removeUnused(docker, id); // Last made first: what was built on a base goes before it.
  return imageNames.flatMap((name) => reports.get(name) ?? []);
}

async function expectEngine(docker: Docker): Promise<void> {
  try {
    await docker.ping();
  } catch (error) {
    throw new EnvironmentError(
      `looking for images: no Docker engine answers (${messageOf(error)}); start Docker, or on Debian and Ubuntu: npm run engine`,
      { cause: error },
    );
  }
}

async function inspect(docker: Docker, tag: string): Promise<ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(tag).inspect();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function expectImage(docker: Docker, tag: string): Promise<ImageInspectInfo> {
  const found = await inspect(docker, tag);
  if (found === undefined) throw new EnvironmentError(`building ${tag}: made, and then gone again; run npm run images`);
  return found;
}

/** An image that a container, another image or a tag of somebody's own still uses stays. */
async function removeUnused(docker: Docker, id: string): Promise<void> {
  try {
    const { RepoTags } = await docker.getImage(id).inspect();
    if (RepoTags.length === 0) await docker.getImage(id).remove();
  } catch (error) {
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  }
}

function describe(name: ImageName, tag: string, found: ImageInspectInfo, how: ImageReport['how']): ImageReport {
  const inputs = found.Config.Labels?.[label.inputs] ?? '';
  return { name, tag, how, source: originOf(found).source, id: found.Id, inputs, bytes: found.Size };
}

function originOf(found: ImageInspectInfo): ImageOrigin {
  const labels = found.Config.Labels ?? {};
  return { way: labels[label.way] === 'registry' ? 'registry' : 'local', source: labels[label.source] ?? 'unknown' };
}

function statusOf(error: unknown): unknown {
  return (error as { statusCode?: unknown }).statusCode;
}

async function timed<T>(log: (line: string) => void, what: string, work: () => Promise<T>): Promise<T> {
  log(`${what} ...`);
  const startMs = performance.now();
  const result = await work();
  log(`${what}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return result;
}
