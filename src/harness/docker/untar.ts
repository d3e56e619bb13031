/** Reads the tar archives that the engine makes of folders in containers. */

const blockBytes = 512;

/** Regular files by their path in the archive. Reads ustar and the PAX headers that long paths and large sizes come in. */
export function filesOfTar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let extended: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + blockBytes <= archive.length; ) {
    const header = archive.subarray(at, at + blockBytes);
    if (header[0] === 0) break; // The end is marked by empty blocks.
    const size = Number(extended.get('size') ?? Number.parseInt(textAt(header, 124, 12), 8));
    const content = archive.subarray(at + blockBytes, at + blockBytes + size);
    if (content.length < size)
      throw new Error(`the archive ends inside of a file (${content.length} of ${size} bytes)`);
    const type = textAt(header, 156, 1);
    const prefix = textAt(header, 345, 155);
    const name = textAt(header, 0, 100);
    const path = extended.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`);
    extended = type === 'x' ? paxRecords(content) : new Map();
    if (type === '0' || type === '') files.set(path, content);
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  return files;
}

function textAt(header: Buffer, offset: number, bytes: number): string {
  const field = header.subarray(offset, offset + bytes);
  const end = field.indexOf(0);
  return field
    .subarray(0, end === -1 ? bytes : end)
    .toString('utf8')
    .trim();
}

/** Records of the form `LENGTH KEY=VALUE\n`, where the length counts the whole record. */
function paxRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(0x20, at);
    const length = Number(content.subarray(at, blank).toString('latin1'));
    if (blank === -1 || !(length > 0)) break;
    const record = content.subarray(blank + 1, at + length - 1).toString('utf8');
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
