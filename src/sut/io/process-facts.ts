import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { devNull } from 'node:os';
import type { ProcessFacts } from './ports.ts';

/** Linux lists a process's descriptors under /proc, macOS under /dev; elsewhere the count is 0. */
const descriptorFolder = ['/proc/self/fd', '/dev/fd'].find((path) => existsSync(path));

/** Facts of this process, read from the operating system at each call. */
export const processFacts: ProcessFacts = {
  // Reading the folder opens one descriptor more, which is not counted.
  openDescriptors: () => (descriptorFolder === undefined ? 0 : readdirSync(descriptorFolder).length - 1),
  residentBytes: () => process.memoryUsage.rss(),
  openDescriptor() {
    const descriptor = openSync(devNull, 'r');
    return { close: () => closeSync(descriptor) };
  },
};
