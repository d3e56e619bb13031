import { type Command, Option } from 'commander';
import { cleanLeftovers } from '../../docker/docker-arena.ts';
import { down, up } from '../../docker/up.ts';
import { loadSystem } from '../../scenario/load-system.ts';
import { expectDefectsOf } from '../expect-names.ts';
import { referenceSystem } from '../project.ts';

interface UpCommandOptions {
  readonly system: string;
  readonly profile: string;
  readonly image: 'test' | 'release';
  readonly defect: readonly string[];
}

/** `chaos up`, `down` and `clean`: stages to look around in by hand, and what is left of anything. */
export function addStages(program: Command): void {
  program
    .command('up')
    .description('bring a topology up in containers and leave it running')
    .argument('<topology>', 'such as pair')
    .option('--system <folder>', 'folder of the system under test', referenceSystem)
    .option('--profile <profile>', 'limits of the relay: chaos, default or short-idle', 'chaos')
    .addOption(new Option('--image <image>', 'image of the system').choices(['test', 'release']).default('test'))
    .option('--defect <name>', 'plant a defect (repeatable)', (name: string, all: string[]) => [...all, name], [])
    .action(async (topology: string, options: UpCommandOptions) => {
      expectDefectsOf(options.system, options.defect);
      const { run, containers } = await up({
        topology,
        profile: options.profile,
        defects: options.defect,
        image: options.image,
        system: loadSystem(options.system),
        log: (line) => console.log(line),
      });
      for (const [service, container] of containers) console.log(`${service.padEnd(20)} ${container}`);
      console.log(`\nup; take it down with: npm run chaos -- down ${run}`);
    });

  program
    .command('down')
    .description('take down what `up` brought up')
    .argument('<run>', 'as `up` printed it')
    .action(async (run: string) => {
      const containers = await down(run);
      console.log(containers === 0 ? `${run}: nothing of that name is up` : `${run}: ${containers} containers removed`);
    });

  program
    .command('clean')
    .description('remove what earlier runs left behind; never what belongs to a run that is alive')
    .action(async () => {
      const { removed, alive } = await cleanLeftovers();
      for (const [run, { containers, networks, volumes }] of removed) {
        console.log(`${run}: removed ${containers} containers, ${networks} networks, ${volumes} volumes`);
      }
      for (const run of alive) console.log(`${run}: alive, left alone`);
      if (removed.size === 0 && alive.length === 0) console.log('nothing to clean');
    });
}
