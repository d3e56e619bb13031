/** A tester that is about to be killed: opens a stage, begins a trial, stops, and says where it is. Its argument is the run's id. */
import { resolve } from 'node:path';
import { loadSystem } from '../scenario/load-system.ts';
import { openDockerArena } from './docker-arena.ts';

const say = (phase: string) => process.stdout.write(`${phase}\n`);
const runId = process.argv[2]!;
const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
const arena = await openDockerArena({ runId, system, log: (line) => process.stderr.write(`${line}\n`) });
say('opening');
const stage = await arena.openStage({ topology: 'pair', profile: 'chaos', defects: [], image: 'release', seed: 'x' });
await stage.beginTrial({ mark: 'ReaperMark0123456789abcdef' });
say('trial');
process.stdin.once('data', () => {
  say('stopping');
  void arena.close().then(() => process.exit(0));
});
