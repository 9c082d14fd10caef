// Whether what is around a face goes along with it, as around a print or a phone: added up over one presence.
import type { Policy } from "./policy.ts";
import type { Presence } from "./state.ts";

/** The most that is kept, in multiples of what refuses: a verdict that was wrong can be taken back. */
const keptMax = 2;

/**
 * The presence with what one more frame tells of its surround.
 *
 * Page's cumulative sum: what spoke for a standing surround before is no credit for what moves along afterwards.
 *
 * @param logRatio null where the frame tells nothing; what is no number tells nothing either
 */
export function addSurroundStep(presence: Presence, logRatio: number | null, { rigidityMax }: Policy): Presence {
  // The first frame's step was measured from somebody else's look.
  if (rigidityMax === null || logRatio === null || Number.isNaN(logRatio) || presence.frames === 1) return presence;
  const rigidity = Math.min(keptMax * rigidityMax, Math.max(0, presence.rigidity + logRatio));
  return { ...presence, rigidity };
}

/** Whether the presence counts as a flat picture that somebody moves. */
export function isRigid({ rigidity }: Presence, { rigidityMax }: Policy): boolean {
  return rigidityMax !== null && !(rigidity < rigidityMax);
}
