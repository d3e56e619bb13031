import { join } from 'node:path';
import type { Command } from 'commander';
import { writeHtmlReport } from '../../reporters/html-report.ts';
import { reportsFolder } from '../project.ts';

/** `chaos report`: draws the report of a stored run again. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('draw the report of a stored run again')
    .argument('<run>', 'ID of the run, a folder below reports/')
    .action((run: string) => {
      console.log(writeHtmlReport(join(reportsFolder, run)));
    });
}
