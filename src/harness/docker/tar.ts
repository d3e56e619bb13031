/** A tar archive (ustar) of a few files, the same bytes for the same files whatever their owner, umask or time. */
import { assert } from '../../support/assert.ts';
import type { ContextFile } from './image-inputs.ts';

const blockBytes = 512;

/** Regular files only, owned by root, readable by all. Directories come into being by themselves when unpacked. */
export function tarOf(files: readonly ContextFile[]): Buffer {
  const blocks = files.flatMap((file) => [header(file), file.bytes, padding(file.bytes.length)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function header({ path, bytes, isExecutable }: ContextFile): Buffer {
  const { prefix, name } = splitPath(path);
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 100);
  block.write(`${isExecutable ? '0000755' : '0000644'}\0`, 100);
  block.write('0000000\0', 108); // user
  block.write('0000000\0', 116); // group
  block.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136); // time
  block.write(' '.repeat(8), 148); // The checksum counts itself as blanks.
  block.write('0', 156); // a regular file
  block.write('ustar\x0000', 257);
  block.write(prefix, 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A name holds 100 bytes; a longer path is split at a slash into a prefix of at most 155 and a name. */
function splitPath(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  const cut = path.indexOf('/', path.length - 101);
  const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
  const fits = cut > 0 && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100;
  assert(fits, `a path fits into a tar header (had ${path})`);
  return { prefix, name };
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}
