import type { Command } from 'commander';
import { EnvironmentError } from '../../../support/errors.ts';
import { diskSyncMsMax, engineAnswers, probeEngine } from '../../docker/docker-arena.ts';
import { exitCodes } from '../exit-codes.ts';

interface Row {
  readonly what: string;
  readonly found: string;
  /** What to do about it; null: nothing is missing. */
  readonly cure: string | null;
}

/** `chaos doctor`: what this machine can do for the suite, and the fix for whatever is missing. */
export function addDoctor(program: Command, answers: (exitCode: number) => void): void {
  program
    .command('doctor')
    .description('what this machine can do for the suite, and how to get what is missing')
    .action(async () => {
      const rows = [nodeRow(), ...(await engineRows())];
      for (const { what, found, cure } of rows) {
        console.log(`${cure === null ? 'ok     ' : 'MISSING'} ${what.padEnd(22)} ${found}`);
        if (cure !== null) console.log(`        ${' '.repeat(22)} ${cure}`);
      }
      answers(rows.some(({ cure }) => cure !== null) ? exitCodes.couldNotTell : exitCodes.passed);
    });
}

function nodeRow(): Row {
  return { what: 'Node', found: process.versions.node, cure: null };
}

async function engineRows(): Promise<Row[]> {
  if ((await engineAnswers()) === null) {
    const cure = 'start it, or install one with: npm run engine (without it runs use the simulator)';
    return [{ what: 'container engine', found: 'none answers', cure }];
  }
  try {
    const facts = await probeEngine();
    const missing = Object.entries(facts.images).filter(([, id]) => id === null);
    return [
      {
        what: 'container engine',
        found: `${facts.engine}, ${facts.processors} cores, ${facts.memoryMiB} MiB`,
        cure: null,
      },
      { what: 'Compose', found: facts.compose, cure: null },
      { what: 'kernel', found: facts.kernel, cure: null },
      {
        what: 'disk',
        found: `has 4 KiB after ${facts.diskSyncMs} ms`,
        cure:
          facts.diskSyncMs <= diskSyncMsMax
            ? null
            : `at most ${diskSyncMsMax} ms: let the engine keep its data on a solid-state disk (data-root in /etc/docker/daemon.json)`,
      },
      {
        what: 'packet loss',
        found: facts.loss ?? 'no mechanism',
        cure: facts.loss === null ? 'load xt_statistic or sch_netem; loss scenarios are not run without' : null,
      },
      {
        what: 'free networks',
        found: `for ${facts.freeSubnetPairs} stages`,
        cure:
          facts.freeSubnetPairs === 0 ? 'remove unused networks: npm run chaos -- clean, docker network prune' : null,
      },
      {
        what: 'images',
        found:
          missing.length === 0
            ? `${Object.keys(facts.images).length} present`
            : `missing: ${missing.map(([tag]) => tag).join(', ')}`,
        cure: missing.length === 0 ? null : 'npm run images (a run makes them by itself)',
      },
    ];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [{ what: 'container engine', found: 'answers, but cannot be used', cure: error.message }];
  }
}
