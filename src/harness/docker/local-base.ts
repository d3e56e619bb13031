/** The base image from Debian packages and this project's own Node binary, for hosts that reach no image registry. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import { finished } from './build-image.ts';
import type { ImagePins } from './image-pins.ts';
import { runCommand } from './run-command.ts';

export interface LocalBase {
  readonly root: string;
  readonly tag: string;
  readonly debian: ImagePins['debian'];
  readonly labels: Readonly<Record<string, string>>;
  /** Runs a named step so that the user sees it and how long it took. */
  readonly step: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

const doing = 'making the base image from Debian packages';
const orRegistry = 'or give the engine access to an image registry';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Nothing in here is read at run time by the system or the tools. */
const emptiedFolders = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt', 'var/lib/apt/lists'];

/** Needs root, apt and a Debian mirror in its sources; installs debootstrap where that is missing. */
export async function makeLocalBase(docker: Docker, { root, tag, debian, labels, step }: LocalBase): Promise<void> {
  const nodeBinary = join(root, 'node_modules/node/bin/node');
  await expectSuitableHost(docker, nodeBinary);
  if (!existsSync('/usr/sbin/debootstrap')) {
    await step('installing debootstrap and the Debian keys', installDebootstrap);
  }
  const mirror = (await debianMirror()) ?? (await step('refreshing the package lists', refreshed));
  // Not the temporary folder: that is often mounted without devices, and debootstrap has to make some.
  const folder = await mkdtemp('/var/tmp/relay-chaos-base-');
  try {
    await step(`debootstrap ${debian.suite} with ${debian.packages.length} packages`, () =>
      runCommand(
        'debootstrap',
        [
          '--variant=minbase',
          '--force-check-gpg',
          `--keyring=${keyring}`,
          `--include=${debian.packages.join(',')}`,
          debian.suite,
          folder,
          mirror,
        ],
        { doing, cure: `see that the mirror in the apt sources serves ${debian.suite}, ${orRegistry}` },
      ),
    );
    await emptyFolders(folder);
    await copyFile(nodeBinary, join(folder, 'usr/local/bin/node'));
    await step('importing the file system', () => importFolder(docker, folder, tag, labels));
  } finally {
    // One file system only: an interrupted debootstrap may have left /proc mounted in there.
    await runCommand('rm', ['-rf', '--one-file-system', folder], {
      doing: 'tidying up',
      cure: `remove ${folder} by hand`,
    });
  }
}

async function expectSuitableHost(docker: Docker, nodeBinary: string): Promise<void> {
  const fail = (found: string, cure: string) => {
    throw new EnvironmentError(`${doing}: ${found}; ${cure}, ${orRegistry}`);
  };
  if (process.platform !== 'linux')
    fail(`expected a Linux host, got ${process.platform}`, 'do this on Debian or Ubuntu');
  if (process.getuid?.() !== 0) fail('debootstrap needs root', 'run this once as root (sudo npm run images)');
  if (!existsSync('/usr/bin/apt-get')) fail('expected a Debian or Ubuntu host, found no apt-get', 'do this on one');
  if (!existsSync(nodeBinary)) fail(`${nodeBinary} is missing`, 'run npm ci with install scripts allowed');
  const { Architecture } = (await docker.info()) as { Architecture: string };
  const own = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string];
  if (Architecture !== own)
    fail(`the engine runs on ${Architecture}, this host on ${own}`, 'use an engine on this host');
}

async function refreshed(): Promise<string> {
  await aptGet('update');
  const mirror = await debianMirror();
  if (mirror !== undefined) return mirror;
  throw new EnvironmentError(`${doing}: the apt sources name no Debian mirror; add one, ${orRegistry}`);
}

/** The Debian mirror that this host already uses. Those of security and update suites are other archives or parts of one. */
async function debianMirror(): Promise<string | undefined> {
  const wanted = ['Created-By: Packages', 'Origin: Debian', 'Component: main'];
  const listed = await runCommand('apt-get', ['indextargets', '--format', '$(CODENAME) $(REPO_URI)', ...wanted], {
    doing,
    cure: 'see that the apt sources can be read',
  });
  const isRelease = (line: string) => /^[a-z]+ /.test(line);
  return listed.split('\n').find(isRelease)?.split(' ')[1];
}

async function aptGet(...words: string[]): Promise<void> {
  await runCommand('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...words], {
    doing,
    cure: `see that apt-get works, ${orRegistry}`,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

async function installDebootstrap(): Promise<void> {
  await aptGet('update');
  await aptGet('install', '-y', '--no-install-recommends', 'debootstrap', 'debian-archive-keyring');
}

async function emptyFolders(folder: string): Promise<void> {
  for (const path of emptiedFolders) {
    await rm(join(folder, path), { recursive: true, force: true });
    await mkdir(join(folder, path));
  }
}

async function importFolder(
  docker: Docker,
  folder: string,
  tag: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const tar = spawn('tar', ['-C', folder, '--numeric-owner', '--sort=name', '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.once('error', reject).once('close', resolve);
  });
  const [repo, version] = tag.split(':');
  const changes = [
    'CMD ["node"]',
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
  ];
  const imported = docker.importImage(tar.stdout, { repo, tag: version, changes });
  const [status] = await Promise.all([ended, imported.then((progress) => finished(progress, tag))]);
  if (status === 0) return;
  await docker.getImage(tag).remove(); // It carries the labels of a whole one.
  throw new EnvironmentError(`${doing}: tar ended with ${status}; its complaint is above`);
}
