// Whether a frame is sound: newer than all before it, not repeated, and young enough to act on.
import type { FrameObservation, Now } from "./observation.ts";
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";
import { lastOf, type State } from "./state.ts";

/** True when the monotonic clock is a number and has not run backwards. */
export function clockIsSound(state: State, { nowMs }: Now): boolean {
  return Number.isFinite(nowMs) && nowMs >= (state.lastNowMs ?? nowMs);
}

/**
 * Takes note of a frame.
 *
 * @returns the state that the next frame must follow, and why this one must not count; null when it is sound
 */
export function receiveFrame(
  state: State,
  frame: FrameObservation,
  { nowMs }: Now,
  policy: Policy,
): readonly [State, RefusalReason | null] {
  const { seq, capturedAtMs, digest } = frame;
  const last = state.lastFrame;
  if (!Number.isFinite(capturedAtMs) || capturedAtMs > nowMs) return [state, "clock_fault"];
  if (last !== null && capturedAtMs <= last.capturedAtMs) return [state, "clock_fault"];
  if (!Number.isSafeInteger(seq)) return [state, "frame_order"];
  const received: State = {
    ...state,
    lastFrame: { seq, capturedAtMs },
    recentDigests: lastOf([...state.recentDigests, digest], policy.framesWindow),
  };
  // A camera that was restarted counts from 1 again: this frame is refused, and the next must follow it.
  if (last !== null && seq <= last.seq) return [received, "frame_order"];
  if (state.recentDigests.includes(digest)) return [received, "frozen_camera"];
  if (!(nowMs - capturedAtMs <= policy.frameAgeMaxMs)) return [received, "stale_frame"];
  return [received, null];
}
