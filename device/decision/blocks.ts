// What keeps the door locked whoever stands before it.
import type { Now } from "./observation.ts";
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";
import { scheduleRefusal } from "./schedule.ts";
import type { State } from "./state.ts";

/** Why the lock would refuse anybody now; null when a person decides. Also what the status page shows. */
export function blockedBy(state: State, now: Now, policy: Policy): RefusalReason | null {
  if (state.lockedDown) return "locked_down";
  if (state.facesOff) return "face_unlock_off";
  if (state.enrolling) return "enrolling";
  if (state.tamper !== null) return state.tamper;
  if (state.pulseSinceMs !== null) return "pulse_active";
  if (state.pulseEndedAtMs !== null && !(now.nowMs - state.pulseEndedAtMs >= policy.cooldownMs)) return "cooldown";
  if (state.lockoutUntilMs !== null && !(now.nowMs >= state.lockoutUntilMs)) return "lockout";
  return scheduleRefusal(now.minuteOfWeek, policy);
}
