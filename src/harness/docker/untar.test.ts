import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { filesOfTar } from './untar.ts';

function archiveOf(files: Readonly<Record<string, string>>, format: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'relay-chaos-untar-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', '-', '.']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('filesOfTar', () => {
  const long = `${'deep/'.repeat(30)}${'n'.repeat(120)}`;

  test.each(['ustar', 'pax', 'posix'])('reads files of every size from %s', (format) => {
    const files = { 'a/empty': '', 'a/one': 'x', 'b/block': 'y'.repeat(512), 'b/more': 'z'.repeat(1300) };
    const read = filesOfTar(archiveOf(files, format));
    const expected = Object.entries(files).map(([path, content]) => [`./${path}`, content]);
    expect([...read].map(([path, content]) => [path, content.toString()]).toSorted()).toEqual(expected.toSorted());
  });

  test('reads a path that only a PAX header has room for', () => {
    const read = filesOfTar(archiveOf({ [long]: 'found' }, 'pax'));
    expect(read.get(`./${long}`)?.toString()).toBe('found');
  });

  test('says when an archive ends inside of a file', () => {
    const archive = archiveOf({ 'a/one': 'x'.repeat(2000) }, 'pax');
    const start = archive.indexOf('xxxx');
    expect(() => filesOfTar(archive.subarray(0, start + 512))).toThrow('ends inside of a file');
  });
});
