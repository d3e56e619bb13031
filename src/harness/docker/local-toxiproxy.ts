/** Toxiproxy from its released Go module, for hosts that reach no image registry. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContextFile } from './image-inputs.ts';
import type { ImagePins } from './image-pins.ts';
import { runCommand } from './run-command.ts';

/** Builds the server as a static binary; the answer is the one file that its image consists of. */
export async function compileToxiproxy({ goModule, version }: ImagePins['toxiproxy']): Promise<ContextFile> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-chaos-toxiproxy-'));
  try {
    const flags = `-s -w -X ${goModule}.Version=${version}`;
    await runCommand('go', ['install', '-trimpath', '-ldflags', flags, `${goModule}/cmd/server@v${version}`], {
      doing: `building Toxiproxy ${version} from its Go module`,
      cure: 'install Go 1.23 or later, or give the engine access to an image registry',
      env: { GOBIN: folder, CGO_ENABLED: '0', GOOS: 'linux' },
    });
    return { path: 'toxiproxy', bytes: await readFile(join(folder, 'server')), isExecutable: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
