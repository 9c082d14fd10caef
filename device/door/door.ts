// The port of the door as people and programs handle it: opened from afar, and locked down.
import Type, { type Static } from "typebox";

export const lockdownSchema = Type.Object(
  {
    sinceAt: Type.String({ format: "date-time", description: "Wall clock time." }),
    by: Type.String({ maxLength: 200, description: "Who locked it down." }),
  },
  { additionalProperties: false, description: "The door opens for nobody." },
);

export type Lockdown = Static<typeof lockdownSchema>;

/** What holds where it is not known whether there is a lockdown. */
export function lockdownUnread(found: string): Lockdown {
  const by = `somebody: the record of it cannot be read (${found})`.slice(0, 200);
  return { sinceAt: new Date(0).toISOString(), by };
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
  /** Whether `unlock` was asked with this id before, so that it opens nothing. */
  isAnswered(id: string): boolean;
  /** Null while there is none. */
  lockdown(): Lockdown | null;
  /**
   * Keeps the door locked from the moment of the call, through restarts, until it is lifted.
   *
   * @throws FacelatchError LOCKDOWN_UNSAVED where it holds, but a restart would forget it
   */
  lockDown(by: string): Promise<Lockdown>;
  /** @throws FacelatchError LOCKDOWN_UNSAVED, STORE_UNAVAILABLE, STORE_FULL; then it is still locked down */
  liftLockdown(by: string): Promise<void>;
}
