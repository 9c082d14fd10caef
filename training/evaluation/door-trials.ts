// Door trials: what was seen in a row of frames is played to the device's own decision, at its own pace.
import {
  decide,
  initialState,
  type Observation,
  type Policy,
  type RefusalReason,
  recheck,
} from "../../device/decision/decision.ts";
import { type SeededRandom, shuffle } from "../seeded-random.ts";

/** What a camera adds to a picture. */
export interface FrameStamp {
  readonly seq: number;
  readonly capturedAtMs: number;
  readonly digest: string;
}

/** A picture that was analysed once and may be shown to the door more often. */
export type Sight = (stamp: FrameStamp) => Observation;

export interface Played {
  readonly opened: boolean;
  /** From the first frame to the relay, on the trial's own clock; null while it stays locked. */
  readonly openedAfterMs: number | null;
  /** How many frames were refused for each reason, until the door opened. */
  readonly reasons: Readonly<Partial<Record<RefusalReason, number>>>;
}

const framesPerSecond = 10;

/** From a frame's capture to its decision: what a board takes about. */
const analysisMs = 60;

/** Plays one presence to a lock that has seen nothing yet; ends where it opens. */
export function playFrames(frames: readonly Sight[], policy: Policy): Played {
  let state = initialState();
  const reasons: Partial<Record<RefusalReason, number>> = {};
  for (const [index, sight] of frames.entries()) {
    const capturedAtMs = 1000 + (index * 1000) / framesPerSecond;
    // A sensor's noise makes every frame another, also of somebody who stands still.
    const observation = sight({ seq: index + 1, capturedAtMs, digest: `frame ${index}` });
    const now = { nowMs: capturedAtMs + analysisMs, minuteOfWeek: null };
    const [next, decision] = decide(state, observation, now, policy);
    state = next;
    const refusal = decision.kind === "unlock" ? recheck(state, decision.grant, now, policy) : decision.reason;
    if (refusal === null) return { opened: true, openedAfterMs: now.nowMs - 1000, reasons };
    reasons[refusal] = (reasons[refusal] ?? 0) + 1;
  }
  return { opened: false, openedAfterMs: null, reasons };
}

/**
 * What the door makes of one frame by itself: the same policy, but one frame suffices.
 *
 * @returns the reason for which it stays locked; null when the frame passes every gate
 */
export function judgeFrame(sight: Sight, policy: Policy): RefusalReason | null {
  const { opened, reasons } = playFrames([sight], { ...policy, framesNeeded: 1, framesWindow: 1 });
  return opened ? null : (Object.keys(reasons)[0] as RefusalReason);
}

/** The trials of one person who owns the door: each picture in one trial, as many in each as the decision looks back on. */
export function genuineTrials<T>(pictures: readonly T[], policy: Policy, random: SeededRandom): T[][] {
  const shuffled = shuffle([...pictures], random);
  const trials = Math.min(shuffled.length, Math.max(1, Math.floor(shuffled.length / policy.framesWindow)));
  return Array.from({ length: trials }, (_, i) => shuffled.filter((_, at) => at % trials === i));
}

/** Frames for which somebody else is given time, in windows of the decision. */
const impostorWindows = 2;

/** The trial of anybody else: all pictures in turn, again and again, for longer than the decision looks back. */
export function impostorTrial<T>(pictures: readonly T[], policy: Policy, random: SeededRandom): T[] {
  const shuffled = shuffle([...pictures], random);
  const frames = Math.max(shuffled.length, impostorWindows * policy.framesWindow);
  return Array.from({ length: frames }, (_, i) => shuffled[i % shuffled.length]!);
}
