// The port of the door as people and programs handle it: opened from afar, locked down, its faces switched off, its schedule.
import Type, { type Static } from "typebox";
import { scheduleSchema, scheduleWindowsMax } from "../config/config.ts";

const closed = { additionalProperties: false } as const;

/** From when on, and through whom, the door opens for fewer than usual, until somebody lifts that. */
export const banSchema = Type.Object(
  {
    sinceAt: Type.String({ format: "date-time", description: "Wall clock time." }),
    by: Type.String({ maxLength: 200, description: "Who wanted it." }),
  },
  closed,
);

export type Ban = Static<typeof banSchema>;

/** What holds where it is not known whether there is one. */
export function banUnread(found: string): Ban {
  const by = `somebody: the record of it cannot be read (${found})`.slice(0, 200);
  return { sinceAt: new Date(0).toISOString(), by };
}

export const lockdownSchema = Type.Object(banSchema.properties, {
  ...closed,
  description: "The door opens for nobody.",
});

export const faceUnlockSchema = Type.Object(
  {
    on: Type.Boolean({ description: "Whether a face may open the door." }),
    off: Type.Union([banSchema, Type.Null()], { description: "Since when and by whom they are off; null while on." }),
  },
  { ...closed, description: "Whether faces may open the door; hands may in any case." },
);

export type FaceUnlock = Static<typeof faceUnlockSchema>;

const windowsSchema = Type.Array(scheduleSchema.items, {
  maxItems: scheduleWindowsMax,
  description: "When a face may open the door, in the device's local time; an empty list means always.",
});

export const newScheduleSchema = Type.Object({ windows: windowsSchema }, closed);

export type NewSchedule = Static<typeof newScheduleSchema>;

export const scheduleReportSchema = Type.Object(
  {
    source: Type.Enum(["config", "stored"], {
      description:
        "config: `decision.schedule` of the configuration; stored: one that was set since, which stands before it.",
    }),
    windows: Type.Union([windowsSchema, Type.Null()], { description: "Null where they cannot be read." }),
    allowsNow: Type.Boolean({ description: "Whether it lets a face open the door at this moment." }),
    clockIsTrusted: Type.Boolean({ description: "Without that a schedule with windows lets no face open the door." }),
    timeZone: Type.String({ description: "The device's, by which the windows count." }),
    changed: Type.Union(
      [
        Type.Object(
          { at: Type.String({ format: "date-time" }), by: Type.String({ maxLength: 200, description: "Who set it." }) },
          closed,
        ),
        Type.Null(),
      ],
      { description: "Of one that was set since; null for the configuration's." },
    ),
    fault: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }, closed), Type.Null()], {
      description: "Why it cannot be read; then no face opens the door.",
    }),
  },
  { ...closed, description: "When a face may open the door; hands may at any time." },
);

export type ScheduleReport = Static<typeof scheduleReportSchema>;

export interface ScheduleControl {
  report(): ScheduleReport;
  /**
   * Sets windows that stand before the configuration's, from the next frame on and through restarts; recorded first.
   *
   * @throws FacelatchError REQUEST_INVALID for windows that contradict themselves; SCHEDULE_UNSAVED, STORE_UNAVAILABLE,
   *   STORE_FULL
   */
  set(schedule: NewSchedule, by: string): Promise<void>;
  /** Goes back to the configuration's. @throws FacelatchError SCHEDULE_UNSAVED, STORE_UNAVAILABLE, STORE_FULL */
  reset(by: string): Promise<void>;
}

/** `cooldown`: the least time between two pulses is not over. */
export const unlockRefusals = [
  "locked_down",
  "pulse_active",
  "cooldown",
  "audit_unavailable",
  "relay_unavailable",
] as const;

export type UnlockRefusal = (typeof unlockRefusals)[number];

export type UnlockAnswer =
  /** The relay is energised; it will be for `pulseMs` in all. */
  { readonly kind: "opened"; readonly pulseMs: number } | { readonly kind: "refused"; readonly reason: UnlockRefusal };

export interface UnlockRequest {
  /** Who asks, in words; it is recorded. */
  readonly by: string;
  /** The same for whoever asks and for the key that they gave: 32 hexadecimal digits, no secret. */
  readonly id: string;
}

export interface DoorControl {
  /**
   * Opens the door once for each `id`, in whatever number of requests it comes, for a day and through restarts: all of
   * them get the first one's answer. The opening is recorded before the relay is driven.
   *
   * @throws FacelatchError TOO_MANY_REQUESTS where no further one can be remembered
   */
  unlock(request: UnlockRequest): Promise<UnlockAnswer>;
  /** What `unlock` answered to this id before; null where it was not asked. Opens nothing. */
  answerTo(id: string): Promise<UnlockAnswer> | null;
  /** Null while there is none. */
  lockdown(): Ban | null;
  /**
   * Keeps the door locked from the moment of the call, through restarts, until it is lifted.
   *
   * @throws FacelatchError LOCKDOWN_UNSAVED where it holds, but a restart would forget it
   */
  lockDown(by: string): Promise<Ban>;
  /** @throws FacelatchError LOCKDOWN_UNSAVED, STORE_UNAVAILABLE, STORE_FULL; then it is still locked down */
  liftLockdown(by: string): Promise<void>;
  faceUnlock(): FaceUnlock;
  /**
   * Keeps faces from opening the door from the moment of the call, through restarts, until they are switched on.
   *
   * @throws FacelatchError FACE_UNLOCK_UNSAVED where it holds, but a restart would forget it
   */
  switchFacesOff(by: string): Promise<void>;
  /** @throws FacelatchError FACE_UNLOCK_UNSAVED, STORE_UNAVAILABLE, STORE_FULL; then they are still off */
  switchFacesOn(by: string): Promise<void>;
}
