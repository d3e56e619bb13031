/** One Compose file brought up as a project of a run, and taken down again. */
import type Docker from 'dockerode';
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment } from 'testcontainers';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { StageOptions } from '../topology/topology.ts';
import type { StageSubnets } from './addresses.ts';
import { engineCall, runLabel, statusOf } from './engine.ts';
import { composeFolder } from './topologies.ts';

export interface ProjectOptions {
  readonly name: string;
  readonly runId: string;
  readonly system: SystemManifest;
  readonly stage: Omit<StageOptions, 'seed'>;
  readonly subnets: StageSubnets;
}

export interface ComposeProject {
  readonly name: string;
  /** Container id by service. */
  readonly containers: ReadonlyMap<string, string>;
  /** Removes containers, networks and volumes. */
  down(): Promise<void>;
}

/** Makes the containers, networks and volumes; nothing runs yet, so that whoever wants to attach loses no byte. */
export async function createProject(docker: Docker, options: ProjectOptions): Promise<ComposeProject> {
  const environment = await create(options);
  const containers = await containersOf(docker, options.name);
  return {
    name: options.name,
    containers,
    async down() {
      await Promise.all(
        [...containers].map(([service, id]) =>
          engineCall(`removing ${service}`, () => docker.getContainer(id).remove({ force: true, v: true })).catch(
            (error: unknown) => {
              if (![404, 409].includes(statusOf(error) ?? 0)) throw error; // Gone, or going.
            },
          ),
        ),
      );
      await environment.down();
    },
  };
}

async function create({
  name,
  runId,
  system,
  stage,
  subnets,
}: ProjectOptions): Promise<StartedDockerComposeEnvironment> {
  const images = system.images[stage.image];
  try {
    return await new DockerComposeEnvironment(composeFolder, `${stage.topology}.yml`)
      .withProjectName(name)
      .withAutoCleanup(false) // Its reaper is an image of a registry; ours outlives the tester as well.
      .withEnvironment({
        CHAOS_RUN: runId,
        CHAOS_SYSTEM: system.folder,
        CHAOS_PROFILE: stage.profile,
        CHAOS_DATA: subnets.data,
        CHAOS_CONTROL: subnets.control,
        CHAOS_RELAY_IMAGE: images.relay,
        CHAOS_NODE_IMAGE: images.node,
        CHAOS_RELAY_DATA: system.relay.dataDirectory,
        CHAOS_NODE_DATA: system.node.dataDirectory,
        CHAOS_RELAY_ARGS: defectArguments(stage),
        CHAOS_NODE_ARGS: defectArguments(stage),
        CHAOS_RELAY_PORT: String(system.relay.port),
        // A test image offers the hooks that its system's Compose file names; a release image has none.
        ...(stage.image === 'release' ? { CHAOS_HOOKS: '' } : {}),
      })
      .withClientOptions({ commandOptions: ['--no-start', '--pull', 'never'] })
      .up();
  } catch (error) {
    throw new EnvironmentError(
      `creating compose/${stage.topology}.yml as ${name}: ${oneLine(messageOf(error))}; ${cureOf(messageOf(error))}`,
      { cause: error },
    );
  }
}

/** Both test images know all names and act on their own. */
function defectArguments({ defects, image }: Pick<StageOptions, 'defects' | 'image'>): string {
  return image === 'release' ? '' : defects.map((defect) => `--defect ${defect}`).join(' ');
}

/** Where Compose says nothing of use: each of these was seen with its cause. */
function cureOf(message: string): string {
  if (/No such image|pull access denied|not found: manifest/i.test(message))
    return 'make the images with: npm run images';
  if (/unknown shorthand flag|is not a docker command|Compose is not installed/i.test(message)) {
    return 'install Compose v2 (docker-compose-plugin, docker-compose-v2), or run: npm run engine';
  }
  if (/ENOENT/.test(message)) return 'the docker command with Compose v2 must be in PATH; run: npm run engine';
  return 'see: docker compose version; npm run chaos -- doctor';
}

function oneLine(message: string): string {
  return message.trim().split('\n').slice(-2).join(' | ').slice(0, 500);
}

async function containersOf(docker: Docker, project: string): Promise<Map<string, string>> {
  const listed = await engineCall('listing the stage’s containers', () =>
    docker.listContainers({ all: true, filters: { label: [`com.docker.compose.project=${project}`, runLabel] } }),
  );
  return new Map(listed.map(({ Id, Labels }) => [Labels['com.docker.compose.service'] ?? '', Id]));
}
