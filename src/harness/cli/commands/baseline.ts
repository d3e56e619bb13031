import { type Command, Option } from 'commander';
import { loadSystem } from '../../scenario/load-system.ts';
import { baselineOf } from '../baseline-of.ts';
import { arenaChoices, chooseArena } from '../choose-arena.ts';
import { referenceSystem } from '../project.ts';
import type { SharedOptions } from '../run-options.ts';

/** `chaos baseline`: measures anew what a clean network takes here; a run measures it by itself where none is kept. */
export function addBaseline(program: Command): void {
  program
    .command('baseline')
    .description('measure anew what syncing and a handshake take here on a clean network')
    .addOption(new Option('--arena <arena>', 'where').choices(arenaChoices).default('auto'))
    .option('--system <folder>', 'folder of the system under test', referenceSystem)
    .addOption(new Option('--image <image>', 'image of the system').choices(['test', 'release']).default('test'))
    .action(async (options: Pick<SharedOptions, 'arena' | 'system' | 'image'>) => {
      const say = (line: string) => console.log(line);
      const system = loadSystem(options.system);
      const runId = `baseline-${process.pid}`;
      const { arena, because } = await chooseArena({ choice: options.arena, system, runId, log: say });
      say(`arena     ${arena.name} (${because})`);
      try {
        await baselineOf({ arena, system, image: options.image, say, anew: true });
      } finally {
        await arena.close();
      }
    });
}
