/**
 * Outlives the tester: removes everything of one run when the tester is gone, however it went.
 *
 *   node reaper.ts RUN-ID
 *
 * Its lease is its standard input, held by the tester alone. At the end of file it sweeps by label until two sweeps
 * some seconds apart find nothing, because an orphaned `docker compose up` goes on creating. The line `release` ends it
 * without a sweep: what stands is meant to stay.
 */
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { pause } from '../../support/clock.ts';
import { messageOf } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { socketEngine } from './socket-engine.ts';
import { foundNothing, sweep } from './sweep.ts';

const betweenSweepsMs = 2_500;
/** Less when something was found: what is going is gone soon. */
const afterFindingMs = 500;
const sweepForMsMax = 300_000;

const runId = process.argv[2];
if (runId === undefined || runId === '') {
  process.stderr.write('usage: reaper RUN-ID\n');
  process.exit(3);
}
const engine = socketEngine('/var/run/docker.sock');
const options = { label: `relay-chaos.run=${runId}`, except: (id: string) => id.startsWith(hostname()) };

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line === 'release') process.exit(0);
});
lines.on('close', () => {
  void sweepUntilClean();
});
process.stdout.write('ready\n');

async function sweepUntilClean(): Promise<void> {
  const endMs = systemClock.monotonicMs() + sweepForMsMax;
  for (let clean = 0; clean < 2 && systemClock.monotonicMs() < endMs; ) {
    const isClean = await sweep(engine, options).then(foundNothing, (error: unknown) => {
      process.stderr.write(`reaper: ${messageOf(error)}\n`);
      return false;
    });
    clean = isClean ? clean + 1 : 0;
    if (clean < 2) await pause(systemClock, isClean ? betweenSweepsMs : afterFindingMs);
  }
  process.exit(0);
}
