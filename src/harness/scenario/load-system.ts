import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type Capability, capabilityNames } from '../../contract/capabilities.ts';
import { ScenarioError } from '../../support/errors.ts';
import type { SystemManifest } from '../topology/system.ts';
import { YamlFile } from './yaml-file.ts';

const path = z.string().startsWith('/', 'an absolute path');
const page = path.nullable().default(null);
const port = z.number().int().min(1).max(65_535);
const image = z.string().regex(/^[a-z0-9][\w./:@-]*$/, 'an image such as "my-relay:1.0"');
const images = z.strictObject({ relay: image, node: image });

const systemFile = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, 'a name of lower-case letters, digits and "-"'),
  version: z.string(),
  can: z.array(z.enum(capabilityNames as [Capability, ...Capability[]])),
  images: z.strictObject({ test: images, release: images }),
  relay: z.strictObject({
    port,
    transport: z.literal('tcp'),
    framing: z.enum(['none', 'records-u16']),
    dataDirectory: path,
    pages: z
      .strictObject({ port, health: page, metrics: page, stats: page, cleanUp: page, identity: page })
      .nullable()
      .default(null),
    logEvents: z.record(z.string(), z.record(z.string(), z.string())).nullable().default(null),
    database: z.strictObject({ file: z.string(), rows: z.string() }).nullable().default(null),
  }),
  node: z.strictObject({
    dataDirectory: path,
    database: z.strictObject({ file: z.string(), items: z.string() }).nullable().default(null),
  }),
});

/** Reads the manifest of the system in `folder`; all problems at once, with file and line. */
export function loadSystem(folder: string): SystemManifest {
  const name = join(folder, 'system.yml');
  if (!existsSync(name)) {
    throw new ScenarioError(`${name}: expected a system's manifest, got no such file; see systems/reference for one`);
  }
  const file = YamlFile.read(name, name);
  const read = file.check(systemFile);
  file.throwIfWrong();
  return { ...read!, folder: resolve(folder) };
}
