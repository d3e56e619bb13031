import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { SecretFile } from './ports.ts';

/**
 * A file of mode 0600, replaced in one step: after a crash it holds the old content or the new, never a part. What
 * `write` returned from survives a power cut.
 */
export function secretFileAt(path: string): SecretFile {
  return {
    read() {
      try {
        return new Uint8Array(readFileSync(path));
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return null;
        throw new EnvironmentError(`reading key file ${path}: ${messageOf(error)}; check its owner and mode`, {
          cause: error,
        });
      }
    },
    write(content) {
      const beside = `${path}.new`;
      try {
        writeSynced(beside, content);
        renameSync(beside, path);
        syncFolder(dirname(path));
      } catch (error) {
        throw new EnvironmentError(
          `writing key file ${path}: ${messageOf(error)}; the folder must exist and be writable`,
          { cause: error },
        );
      }
    },
  };
}

function writeSynced(path: string, content: Uint8Array): void {
  const file = openSync(path, 'w', 0o600);
  try {
    for (let written = 0; written < content.length; ) written += writeSync(file, content, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // Windows cannot open a folder; NTFS journals the rename itself.
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
