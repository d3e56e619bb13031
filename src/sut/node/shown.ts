import type { SyncNode } from './sync-node.ts';
import type { ItemRow } from './tables/item-table.ts';

const words = { synced: 'synced ☁️✓', pending: 'pending ☁️⏳', failed: 'failed ☁️✗', offline: 'offline 📴' } as const;

/** How a person sees one item: id, size, and the text if it is one. */
export function shownItem({ blobId, body, deleted }: ItemRow): string {
  if (deleted || body === null) return `${blobId}  deleted`;
  return `${blobId}  ${body.length} bytes  ${textOf(body) ?? '(binary)'}`;
}

/** How a person sees the device. */
export async function statusLines(device: SyncNode): Promise<string[]> {
  const { id, name, group } = device.identity;
  const { state, pending, failed, cursor, outstanding, terminalError } = await device.summary();
  const isOnline = state === 'connected' || state === 'degraded';
  const rows = await device.rows();
  const word =
    terminalError !== null || failed > 0 ? 'failed' : !isOnline ? 'offline' : pending > 0 ? 'pending' : 'synced';
  return [
    words[word],
    `device       ${name}  ${id}`,
    `group        ${group?.id ?? 'none; pair this device first'}`,
    ...(group === null ? [] : [`relay        ${group.relays[0]!.address}`]),
    ...(terminalError === null ? [] : [`refused      ${terminalError}`]),
    `items        ${rows.filter(({ deleted }) => !deleted).length}`,
    `waiting      ${pending}`,
    ...(failed === 0 ? [] : [`never sent   ${failed}`]),
    ...(outstanding === 0 ? [] : [`outstanding  ${outstanding}`]),
    `cursor       ${cursor}`,
  ];
}

/** Null for what is not readable text. */
function textOf(body: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return /[^\P{Cc}\n\r\t]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}
