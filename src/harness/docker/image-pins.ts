/** docker/images.json: everything that comes into our images from outside, in one place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../../support/errors.ts';

/** An image in a registry by exact tag; `digest` (sha256:...) pins it further. */
export interface PinnedImage {
  readonly image: string;
  readonly digest: string | null;
}

export interface ImagePins {
  readonly node: PinnedImage;
  /** The Go module of the same release is what is built where no registry can be reached. */
  readonly toxiproxy: PinnedImage & { readonly goModule: string; readonly version: string };
  /** The Debian release and packages of the base image. */
  readonly debian: { readonly suite: string; readonly packages: readonly string[] };
}

const file = 'docker/images.json';

/** Reads docker/images.json; all that is wrong with it is said at once. */
export function readImagePins(root: string): ImagePins {
  const pins = JSON.parse(readFileSync(join(root, file), 'utf8')) as ImagePins;
  const problems: string[] = [];
  const expect = (where: string, what: string, got: unknown, isGood: boolean) => {
    if (!isGood) problems.push(`${file} ${where}: expected ${what}, got ${JSON.stringify(got)}`);
  };
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  for (const name of ['node', 'toxiproxy'] as const) {
    const { image, digest } = pins[name] ?? {};
    expect(`${name}.image`, 'NAME:TAG', image, /^[^\s@]+:[\w.-]+$/.test(String(image)));
    expect(
      `${name}.digest`,
      'null or sha256:<64 hex>',
      digest,
      digest === null || /^sha256:[0-9a-f]{64}$/.test(digest),
    );
  }
  expect('toxiproxy.goModule', 'a module path', pins.toxiproxy?.goModule, isText(pins.toxiproxy?.goModule));
  expect('toxiproxy.version', 'a version', pins.toxiproxy?.version, isText(pins.toxiproxy?.version));
  expect('debian.suite', 'a suite', pins.debian?.suite, isText(pins.debian?.suite));
  const { packages } = pins.debian ?? {};
  expect('debian.packages', 'a list of names', packages, Array.isArray(packages) && packages.every(isText));
  if (problems.length > 0) throw new EnvironmentError(problems.join('\n'));
  return pins;
}
