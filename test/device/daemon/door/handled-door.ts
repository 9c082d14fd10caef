// A played door with its handle for people: the pipeline, the store, the lockdown's file and what was answered are real.

import { DoorHandle } from "../../../../device/daemon/door/door-handle.ts";
import { AnsweredRequests } from "../../../../device/door/answered-requests.ts";
import { BanFile } from "../../../../device/door/ban-file.ts";
import type { Ending } from "../../api/fake-device.ts";
import { stateFolder } from "../../delivery/small-delivery.ts";
import { memoryStore, PlayedDoor, PlayedRelay } from "../../played-door.ts";

export const pulseMs = 3_000;

export interface Handled {
  readonly door: PlayedDoor;
  readonly handle: DoorHandle;
  readonly state: string;
}

export function handled(
  t: Ending,
  {
    state = stateFolder(t),
    store = memoryStore(t),
    relay = new PlayedRelay(),
    requestsMax = 100,
    auditRequired = true,
  } = {},
): Handled {
  const door = new PlayedDoor(t, { store, relay, auditRequired });
  const handle = new DoorHandle({
    pipeline: door.pipeline,
    store,
    answered: new AnsweredRequests({ lifeMs: 86_400_000, requestsMax, nowMs: () => door.nowMs }),
    lockdownFile: new BanFile(state, "lockdown"),
    facesOffFile: new BanFile(state, "faces"),
    pulseMs,
    nowMs: () => door.nowMs,
    wallClock: () => new Date(),
    onError: (text) => door.errors.push(text),
  });
  return { door, handle, state };
}
