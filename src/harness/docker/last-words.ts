/** The telling lines at the end of a log, for the error of a process that did not start: no trial has begun by then. */
export function lastWords(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /error|expected|cannot|relay: |node: /i.test(line));
  const words = (telling.length > 0 ? telling : lines).slice(-2).join(' | ');
  return words === '' ? ', it said nothing' : `, it said ${JSON.stringify(words.slice(0, 1000))}`;
}
