// From a frame's analysis to what the decision is told: pure, so that it can be read and tested without a camera.
import { type Gallery, matchOwner } from "./bundle/gallery.ts";
import type { CameraStatus, Frame } from "./camera/camera.ts";
import type { FaultReason, Observation } from "./decision/decision.ts";
import { codeOf } from "./errors/errors.ts";
import type { FrameAnalysis, LoadedBundle } from "./vision/vision.ts";

/** A second face counts as near the door from this share of the subject's width. */
const nearWidthRatio = 0.5;

/**
 * What the decision is told of an analysed frame.
 *
 * @param gallery the bundle's, with those whom the owner named since
 * @param surroundLogRatio what the frame's surround tells, see `compareSurround`
 */
export function observationOf(
  frame: Pick<Frame, "seq" | "capturedAtMs" | "digest">,
  analysis: FrameAnalysis,
  bundle: LoadedBundle,
  gallery: Gallery,
  surroundLogRatio: number | null = null,
): Observation {
  const [largest, ...others] = analysis.faces;
  const { subject } = analysis;
  const { seq, capturedAtMs, digest } = frame;
  if (largest === undefined || subject === null) {
    return { kind: "frame", seq, capturedAtMs, digest, face: null, otherFacesNear: 0 };
  }
  const { ownerScore: verifiedScore, margin: householdMargin } = matchOwner(subject.embedding, gallery);
  const { spoofScoreMin } = bundle.thresholds;
  const near = others.filter((face) => face.box.widthPx >= largest.box.widthPx * nearWidthRatio);
  return {
    kind: "frame",
    seq,
    capturedAtMs,
    digest,
    face: {
      box: largest.box,
      unfit: subject.unfit,
      ownerScore: analysis.scores[bundle.labels.indexOf(bundle.ownerLabel)] ?? 0,
      verifiedScore,
      householdMargin,
      // A bundle that can tell, and does not, is a bundle that must not be believed.
      spoofSuspected: spoofScoreMin !== null && !((subject.spoofScore ?? 1) < spoofScoreMin),
      surroundLogRatio,
      yawRatio: subject.quality.yawRatio,
    },
    otherFacesNear: near.length,
  };
}

/**
 * Why a frame says nothing although it was analysed; null when it does. A face in it is judged like any other: whatever
 * was taken for a covered lens keeps nobody out who can be recognised.
 */
export function viewFaultOf(fault: CameraStatus["fault"], { obstruction, faces }: FrameAnalysis): FaultReason | null {
  if (obstruction === null || faces.length > 0) return null;
  if (fault?.code === "CAMERA_BLACK") return "camera_black";
  return fault?.code === "CAMERA_COVERED" ? "camera_covered" : null;
}

/** What the decision is told when a frame could not be analysed. */
export function faultOf(error: unknown): Observation {
  const code = codeOf(error);
  let reason: FaultReason = "vision_fault";
  if (code === "FRAME_INVALID") reason = "frame_invalid";
  else if (code.startsWith("BUNDLE_")) reason = "bundle_missing";
  return { kind: "fault", reason };
}
