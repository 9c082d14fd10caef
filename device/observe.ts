// From a frame's analysis to what the decision is told: pure, so that it can be read and tested without a camera.
import type { Frame } from "./camera/camera.ts";
import type { FaultReason, Observation } from "./decision/decision.ts";
import { codeOf } from "./errors/errors.ts";
import type { FrameAnalysis, LoadedBundle } from "./vision/vision.ts";

/** A second face counts as near the door from this share of the subject's width. */
const nearWidthRatio = 0.5;

/** What the decision is told of an analysed frame. */
export function observationOf(frame: Frame, analysis: FrameAnalysis, bundle: LoadedBundle): Observation {
  const [subject, ...others] = analysis.faces.filter(({ box }) => box.widthPx >= bundle.faceWidthMinPx);
  const { seq, capturedAtMs, digest } = frame;
  const owner = bundle.labels.indexOf(bundle.ownerLabel);
  const ownerScore = analysis.scores[owner] ?? 0;
  return {
    kind: "frame",
    seq,
    capturedAtMs,
    digest,
    face:
      subject === undefined
        ? null
        : {
            box: subject.box,
            ownerScore,
            ownerIsTop: analysis.scores.every((score, i) => i === owner || score < ownerScore),
          },
    otherFacesNear: others.filter((face) => face.box.widthPx >= (subject?.box.widthPx ?? 0) * nearWidthRatio).length,
  };
}

/** What the decision is told when a frame could not be analysed. */
export function faultOf(error: unknown): Observation {
  const code = codeOf(error);
  let reason: FaultReason = "vision_fault";
  if (code === "FRAME_INVALID") reason = "frame_invalid";
  else if (code.startsWith("BUNDLE_")) reason = "bundle_missing";
  return { kind: "fault", reason };
}
