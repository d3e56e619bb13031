import type { Command } from 'commander';
import { ensureImages } from '../../docker/images.ts';

/** `chaos images`: makes the container images current. */
export function addImages(program: Command): void {
  program
    .command('images')
    .description('make the container images current: from a registry, or from what this host has')
    .option('--rebuild', 'make them again although they are current')
    .action(async (options: { rebuild?: boolean }) => {
      const reports = await ensureImages({ log: (line) => console.log(line), rebuild: options.rebuild ?? false });
      for (const report of reports) {
        const megabytes = (report.bytes / 1e6).toFixed(0).padStart(4);
        console.log(`${report.tag.padEnd(32)} ${megabytes} MB  ${report.how.padEnd(9)} ${report.source}`);
      }
    });
}
