#!/usr/bin/env node
// Older versions of Node cannot even read the rest.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 7)) {
  process.stderr.write(`node: needs Node 24.7 or later, this is ${process.versions.node}\n`);
  process.exit(3);
}
const { main } = await import('./node-main.ts');
await main(process.argv.slice(2));
