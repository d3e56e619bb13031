#!/usr/bin/env node
// Checked before anything else is loaded: an older Node cannot even parse the sources.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 7)) {
  console.error(
    `chaos: Node ${process.versions.node} is too old, 24.7 or later is needed; run it as \`npm run chaos -- ...\``,
  );
  process.exit(3);
}
// Most of a start is compiling, so what was compiled is kept; threads find the folder in the environment.
const { enableCompileCache } = await import('node:module');
const { fileURLToPath } = await import('node:url');
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../../.cache/compiled', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
// Else every 64 MB of bytes outside V8's heap, which a simulated trial makes several times, collect the whole heap.
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--external-memory-accounted-in-global-limit');
process.removeAllListeners('warning'); // node:sqlite announces itself as experimental on every start.
// Whoever reads may stop reading (`| head`): the run goes on, and its verdict and report stay what they are.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
if (process.exitCode === 130) process.exit(); // Nobody waits for the trial that the interrupt struck.
