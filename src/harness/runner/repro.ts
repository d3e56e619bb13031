import type { ArenaName, StageOptions } from '../topology/topology.ts';

export interface ReproOptions {
  readonly id: string;
  readonly seed: string;
  readonly iteration: number;
  readonly variant: string;
  readonly arena: ArenaName;
  readonly image: StageOptions['image'];
  readonly defects: readonly string[];
  readonly armed: boolean;
  readonly closingPart: boolean;
  /** Folder of the system as the user typed it; left out for the reference. */
  readonly system?: string;
  /** Folder of the scenarios as the user typed it; left out for the project's own. */
  readonly scenarios?: string;
}

/** The command line that runs this one trial again, on a machine that has never seen the run's folder. */
export function reproLine(options: ReproOptions): string {
  const words = [
    'npm run chaos -- run',
    options.id,
    `--seed ${options.seed}`,
    `--iteration ${options.iteration}`,
    `--variant ${options.variant}`,
    `--arena ${options.arena}`,
  ];
  if (options.system !== undefined) words.push(`--system ${options.system}`);
  if (options.scenarios !== undefined) words.push(`--scenarios ${options.scenarios}`);
  if (options.image === 'release') words.push('--image release');
  if (!options.armed) words.push('--disarm');
  for (const defect of options.defects) words.push(`--defect ${defect}`);
  if (options.closingPart) words.push('--closing-part');
  return words.join(' ');
}
