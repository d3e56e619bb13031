import type { Command } from 'commander';
import { writeHtmlReport } from '../../reporters/html-report.ts';
import { runFolderOf } from '../project.ts';
import { reportsOption } from '../run-options.ts';

/** `chaos report`: draws the report of a stored run again. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('draw the report of a stored run again')
    .argument('<run>', 'ID of the run, or the path of its folder')
    .addOption(reportsOption())
    .action((run: string, options: { reports: string }) => {
      console.log(writeHtmlReport(runFolderOf(options.reports, run)));
    });
}
