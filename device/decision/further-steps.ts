// What may be asked of a recognised owner beside a face: a turn of the head, a button or a PIN.
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";
import type { Presence, State } from "./state.ts";

/** Notes that the button was pressed, or the right PIN entered. It counts for whoever is in view, once, for a while. */
export function recordConfirmation(state: State, atMs: number): State {
  return { ...state, confirmedAtMs: atMs };
}

/** The presence with the turn of one more agreeing frame's head. */
export function addHeadTurn(presence: Presence, yawRatio: number): Presence {
  if (!Number.isFinite(yawRatio)) return presence;
  const { yawRatioMin, yawRatioMax } = presence;
  return {
    ...presence,
    yawRatioMin: Math.min(yawRatioMin ?? yawRatio, yawRatio),
    yawRatioMax: Math.max(yawRatioMax ?? yawRatio, yawRatio),
  };
}

/** Which further step a recognised presence still owes; null when none. */
export function furtherStepLacking(
  state: State,
  presence: Presence,
  nowMs: number,
  policy: Policy,
): RefusalReason | null {
  const { headTurnMin, confirmationAgeMaxMs } = policy;
  if (headTurnMin !== null) {
    const { yawRatioMin, yawRatioMax } = presence;
    if (yawRatioMin === null || yawRatioMax === null || !(yawRatioMax - yawRatioMin >= headTurnMin)) return "turn_head";
  }
  if (confirmationAgeMaxMs === null) return null;
  const { confirmedAtMs } = state;
  // Somebody who has gone may have pressed the button: it counts for the presence that it was pressed in.
  const confirmed =
    confirmedAtMs !== null && confirmedAtMs >= presence.startedAtMs && nowMs - confirmedAtMs <= confirmationAgeMaxMs;
  return confirmed ? null : "confirmation_missing";
}
