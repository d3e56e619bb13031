import { sealNonceBytes } from '../../contract/wire.ts';
import { messageOf, ScenarioError } from '../../support/errors.ts';
import { type DeviceId, type GroupId, IdError, parseDeviceId } from '../core/ids.ts';
import type { MessageOf, PulledBlob } from '../core/messages.ts';
import type { Arrival, ArrivalResult, Page } from '../relay/relay-store.ts';
import type { Responses } from '../relay/responses.ts';
import { withRelayStore } from './change-store.ts';
import type { Hook, RelayHook } from './hook.ts';

export const damageItems: Hook = {
  name: 'damage-items',
  about:
    'While armed with { device: ID }, each answer of the relay to a pull of that device has one bit changed in the first item that the device has not acknowledged yet; { device: null } ends it.',
  relay: damaging,
};

function damaging(): RelayHook {
  let target: DeviceId | null = null;
  const acknowledged = new Map<DeviceId, number>();
  const raise = (device: DeviceId, cursor: number): void => {
    acknowledged.set(device, Math.max(acknowledged.get(device) ?? 0, cursor));
  };
  const watchesAcknowledgements = withRelayStore(
    (base) =>
      class extends base {
        override async enter(arrival: Arrival): Promise<ArrivalResult> {
          raise(arrival.deviceId, arrival.lastCursor);
          return super.enter(arrival);
        }

        override acknowledge(groupId: GroupId, deviceId: DeviceId, cursor: number): Promise<void> {
          raise(deviceId, cursor);
          return super.acknowledge(groupId, deviceId, cursor);
        }
      },
  );
  return {
    change: (parts) => ({
      ...watchesAcknowledgements(parts),
      responses: new (class extends (parts.responses.constructor as typeof Responses) {
        override pullResponse(deviceId: DeviceId, page: Page, afterCursor: number): MessageOf<'PULL_RESPONSE'> {
          const answer = parts.responses.pullResponse(deviceId, page, afterCursor);
          if (deviceId !== target) return answer;
          return { ...answer, blobs: withOneDamaged(answer.blobs, acknowledged.get(deviceId) ?? 0) };
        }
      })(),
    }),
    arm(parameters) {
      target = deviceIn(parameters);
      return {};
    },
  };
}

function withOneDamaged(blobs: readonly PulledBlob[], acknowledged: number): PulledBlob[] {
  const first = blobs.findIndex(({ cursor }) => cursor > acknowledged);
  return blobs.map((blob, index) => (index === first ? { ...blob, payload: damaged(blob.payload) } : blob));
}

/** The first byte after the nonce: ciphertext, whatever the item holds. */
function damaged(payload: Uint8Array): Uint8Array {
  const copy = payload.slice();
  const at = Math.min(sealNonceBytes, copy.length - 1);
  if (at >= 0) copy[at] = copy[at]! ^ 0x01;
  return copy;
}

function deviceIn(parameters: Readonly<Record<string, unknown>>): DeviceId | null {
  const expected = 'hook damage-items: expected { device: ID } or { device: null }';
  const { device, ...others } = parameters;
  const strange = Object.keys(others);
  if (strange.length > 0) throw new ScenarioError(`${expected}, got the parameters ${JSON.stringify(strange)} too`);
  if (device === null) return null;
  if (typeof device !== 'string') throw new ScenarioError(`${expected}, got ${JSON.stringify(device) ?? 'none'}`);
  try {
    return parseDeviceId(device);
  } catch (error) {
    if (error instanceof IdError) throw new ScenarioError(`${expected}; ${messageOf(error)}`);
    throw error;
  }
}
