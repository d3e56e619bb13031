import { ScenarioError } from '../../support/errors.ts';
import { engineAnswers, openDockerArena } from '../docker/docker-arena.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { Arena } from '../topology/topology.ts';
import { referenceSystem } from './project.ts';

export const arenaChoices = ['auto', 'docker', 'simulator'] as const;
export type ArenaChoice = (typeof arenaChoices)[number];

export interface ArenaOptions {
  readonly choice: ArenaChoice;
  readonly system: SystemManifest;
  readonly runId: string;
  readonly log: (line: string) => void;
}

/** Containers when an engine answers, else the simulator; the sentence says which and why. */
export async function chooseArena(options: ArenaOptions): Promise<{ arena: Arena; because: string }> {
  const { choice, system, runId, log } = options;
  const engine = choice === 'simulator' ? null : await engineAnswers();
  if (choice === 'simulator' || (choice === 'auto' && engine === null)) {
    if (system.folder !== referenceSystem) {
      throw new ScenarioError(
        `--system: expected the reference system with --arena simulator, got "${system.name}"; other systems run in containers`,
      );
    }
    const because =
      choice === 'simulator'
        ? 'asked for'
        : 'no container engine answers (`npm run engine` installs one); the verdicts that count come from containers';
    return { arena: await openSimulator({ betweenStages }), because };
  }
  const because = choice === 'docker' ? 'asked for' : `Docker Engine ${engine?.version} answers`;
  return { arena: await openDockerArena({ runId, system, log }), because };
}

/** One turn of the event loop, for interrupts and the display. */
function betweenStages(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
