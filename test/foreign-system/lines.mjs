/** Calls back for each line of a stream of text. */
export function onLines(stream, listener) {
  let held = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (held + text).split('\n');
    held = lines.pop();
    for (const line of lines) listener(line);
  });
}
