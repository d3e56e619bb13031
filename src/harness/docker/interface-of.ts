import { EnvironmentError } from '../../support/errors.ts';
import type { Shell } from './shell.ts';

/** The name of the interface that holds an IPv4 address: looked up, because the engine gives names out as they come. */
export async function interfaceOf(shell: Shell, address: string): Promise<string> {
  const listed = await shell.expect('ip -o -4 addr show');
  const line = listed.split('\n').find((each) => each.includes(` ${address}/`));
  const name = line?.split(/\s+/)[1];
  if (name === undefined) throw new EnvironmentError(`looking for the interface of ${address}: none holds it`);
  return name;
}
