// Shows the snapshots whoever is in view.
import type { Look } from "../../pipeline.ts";
import type { Snapshots } from "../../snapshots/snapshots.ts";

export function showPresence(
  { frame, analysis, observation, decision }: Look,
  snapshots: Pick<Snapshots, "noteFrame">,
): void {
  const subject = analysis?.subject ?? null;
  const face = observation.kind === "frame" ? observation.face : null;
  if (frame === null || subject === null || face === null || decision.presence === null) return;
  const quality = face.unfit === null ? subject.quality.widthPx : 0;
  snapshots.noteFrame({ presenceId: decision.presence.id, jpeg: frame.jpeg, quality });
}
