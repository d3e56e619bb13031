/** Removes what earlier runs left behind, by label only, and never what belongs to a run that is alive. */
import type Docker from 'dockerode';
import { foundNothing, type SweepEngine, type Swept, sweep } from '../sidecars/sweep.ts';
import { engineCall, expectEngine, roleLabel, runLabel, statusOf } from './engine.ts';

export interface CleanReport {
  /** By run id. */
  readonly removed: ReadonlyMap<string, Swept>;
  /** Runs that were left alone because their tester, or its reaper, is at work. */
  readonly alive: readonly string[];
}

const passesMax = 5;
/** A reaper that was made this long ago and does not run never will. */
const startWithinMs = 60_000;

/** Everything labelled whose run holds no living lease, what was started by hand included; or of just the one run. */
export async function cleanLeftovers({ run: only }: { readonly run?: string } = {}): Promise<CleanReport> {
  const { docker } = await expectEngine();
  // In this order: a run that begins in between has its reaper before anything else.
  const runs = (await labelledRuns(docker)).filter((run) => only === undefined || run === only);
  const alive = (await aliveRuns(docker)).filter((run) => runs.includes(run));
  const removed = new Map<string, Swept>();
  for (const run of runs) {
    if (!alive.includes(run)) removed.set(run, await sweepRun(docker, run));
  }
  return { removed, alive };
}

/** Removes everything of one run but its reaper; answers what there was. */
export async function sweepRun(docker: Docker, runId: string): Promise<Swept> {
  const reapers = await reaperContainers(docker);
  const options = {
    label: `${runLabel}=${runId}`,
    except: (id: string) => reapers.some((reaper) => reaper.id === id && reaper.isRunning),
  };
  const total = { containers: 0, networks: 0, volumes: 0 };
  for (let pass = 0; pass < passesMax; pass += 1) {
    const found = await sweep(dockerodeEngine(docker), options);
    if (foundNothing(found)) break;
    if (pass === 0) Object.assign(total, found); // Later passes see what the first could not remove yet.
  }
  return total;
}

/** Runs whose reaper is running: their tester lives, or is being cleaned up after. */
export async function aliveRuns(docker: Docker): Promise<string[]> {
  return (await reaperContainers(docker)).filter(({ isRunning }) => isRunning).map(({ run }) => run);
}

async function reaperContainers(docker: Docker) {
  const listed = await engineCall('listing reapers', () =>
    docker.listContainers({ all: true, filters: { label: [`${roleLabel}=reaper`] } }),
  );
  return listed.map(({ Id, Labels, State, Created }) => ({
    id: Id,
    run: Labels[runLabel] ?? '',
    isRunning: State === 'running' || (State === 'created' && Date.now() - Created * 1000 < startWithinMs),
  }));
}

/** Every run of which the engine still has something. */
async function labelledRuns(docker: Docker): Promise<string[]> {
  const filters = { label: [runLabel] };
  const [containers, networks, volumes] = await engineCall('listing leftovers', () =>
    Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
      docker.listVolumes({ filters }),
    ]),
  );
  const labelled = [...containers, ...networks, ...(volumes.Volumes ?? [])];
  return [...new Set(labelled.flatMap(({ Labels }) => Labels?.[runLabel] ?? []))].toSorted();
}

function dockerodeEngine(docker: Docker): SweepEngine {
  return {
    list: (kind, label) =>
      engineCall(`listing ${kind}`, async () => {
        const filters = { label: [label] };
        if (kind === 'containers') return (await docker.listContainers({ all: true, filters })).map(({ Id }) => Id);
        if (kind === 'networks') return (await docker.listNetworks({ filters })).map(({ Id }) => Id);
        return ((await docker.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => Name);
      }),
    async remove(kind, id) {
      const remove = () => {
        if (kind === 'containers') return docker.getContainer(id).remove({ force: true, v: true });
        return kind === 'networks' ? docker.getNetwork(id).remove() : docker.getVolume(id).remove();
      };
      await engineCall(`removing from ${kind}`, remove).catch((error: unknown) => {
        if (![403, 404, 409].includes(statusOf(error) ?? 0)) throw error;
      });
    },
  };
}
