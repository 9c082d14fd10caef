// A played door that keeps to a schedule which can be changed: the pipeline, the store and the schedule's file are real.
import type { Schedule } from "../../../../device/config/config.ts";
import { KeptSchedule } from "../../../../device/daemon/door/kept-schedule.ts";
import { ScheduleFile } from "../../../../device/door/schedule-file.ts";
import type { Store } from "../../../../device/store/store.ts";
import type { Ending } from "../../api/fake-device.ts";
import { policy } from "../../decision/door.ts";
import { stateFolder } from "../../delivery/small-delivery.ts";
import { memoryStore, PlayedDoor } from "../../played-door.ts";

export interface Scheduled {
  readonly door: PlayedDoor;
  readonly schedule: KeptSchedule;
  readonly state: string;
  /** What could not be stored. */
  readonly errors: string[];
}

export interface ScheduledConditions {
  readonly state?: string;
  readonly store?: Store;
  readonly configured?: Schedule;
}

export function scheduled(t: Ending, conditions: ScheduledConditions = {}): Scheduled {
  const { state = stateFolder(t), store = memoryStore(t), configured = [] } = conditions;
  const errors: string[] = [];
  const schedule: KeptSchedule = new KeptSchedule({
    configured,
    store,
    file: new ScheduleFile(state),
    clock: () => door.now,
    wallClock: () => new Date("2026-11-23T10:00:00Z"),
    onError: (text) => errors.push(text),
  });
  const door: PlayedDoor = new PlayedDoor(t, {
    store,
    policy: (thresholds) => ({ ...policy, ...thresholds, schedule: schedule.weekly }),
  });
  return { door, schedule, state, errors };
}
