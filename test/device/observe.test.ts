// What the decision is told of a frame: both witnesses of the subject, what makes it unfit, and who else is near.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Gallery } from "../../device/bundle/gallery.ts";
import type { Frame } from "../../device/camera/camera.ts";
import type { Observation } from "../../device/decision/decision.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../device/errors/errors.ts";
import { faultOf, observationOf, viewFaultOf } from "../../device/observe.ts";
import type { LoadedBundle, SubjectAnalysis } from "../../device/vision/vision.ts";
import { analysisOf, bundle, embeddingOf } from "./played-door.ts";

const frame: Frame = { seq: 7, jpeg: new Uint8Array(3), capturedAtMs: 1234.5, digest: "d7" };

function faceOf(widthPx: number) {
  return { box: { leftPx: 0, topPx: 0, widthPx, heightPx: widthPx }, landmarks: [], score: 0.9 };
}

type FrameObservation = Extract<Observation, { kind: "frame" }>;

function observe(scores: readonly number[], widthsPx: readonly number[] = [100]): FrameObservation {
  const analysis = { ...analysisOf(widthsPx.length === 0 ? null : 0.8), scores, faces: widthsPx.map(faceOf) };
  return observationOf(frame, analysis, bundle, bundle.gallery) as FrameObservation;
}

const subject = analysisOf(0.8).subject!;

function faceWith(changes: Partial<SubjectAnalysis>, loaded: LoadedBundle = bundle, gallery: Gallery = bundle.gallery) {
  const analysis = { ...analysisOf(0.8), subject: { ...subject, ...changes } };
  return (observationOf(frame, analysis, loaded, gallery) as FrameObservation).face!;
}

describe("an analysed frame", () => {
  it("keeps its number, its time and its digest, and tells of the largest face", () => {
    const { face, ...rest } = observe([0.1, 0.85, 0.05]);
    assert.deepEqual(rest, { kind: "frame", seq: 7, capturedAtMs: 1234.5, digest: "d7", otherFacesNear: 0 });
    assert.deepEqual(
      { ...face, verifiedScore: face?.verifiedScore.toFixed(6) },
      {
        box: faceOf(100).box,
        unfit: null,
        ownerScore: 0.85,
        verifiedScore: "0.800000",
        householdMargin: null,
        spoofSuspected: false,
        surroundLogRatio: null,
        yawRatio: 0,
      },
    );
  });

  it("without a face tells of none, whatever its scores", () => {
    const observation = observe([0, 1, 0], []);
    assert.deepEqual([observation.face, observation.otherFacesNear], [null, 0]);
  });

  it("measures the margin to the nearest housemate of the gallery that it is given", () => {
    const household = [
      { name: "far", templates: [embeddingOf(-0.5)] },
      { name: "near", templates: [embeddingOf(0), embeddingOf(0.6)] },
    ];
    const { verifiedScore, householdMargin } = faceWith({}, bundle, { ...bundle.gallery, household });
    assert.ok(Math.abs(verifiedScore - 0.8) < 1e-6);
    const nearest = 0.8 * 0.6 + Math.sqrt(1 - 0.8 ** 2) * Math.sqrt(1 - 0.6 ** 2);
    assert.ok(Math.abs(householdMargin! - (0.8 - nearest)) < 1e-6, `${householdMargin}`);
  });

  it("suspects a picture from the bundle's spoof score on, and one that the bundle should have scored", () => {
    const thresholds = { ...bundle.thresholds, spoofScoreMin: 0.5 };
    const suspected = (spoofScore: number | null) => faceWith({ spoofScore }, { ...bundle, thresholds }).spoofSuspected;
    assert.deepEqual([0, 0.49, 0.5, 1, Number.NaN, null].map(suspected), [false, false, true, true, true, true]);
    assert.equal(faceWith({ spoofScore: 1 }).spoofSuspected, false, "a bundle without a threshold");
  });

  it("passes on why a face is unfit, and how far the head is turned", () => {
    const face = faceWith({ unfit: "too_dark", quality: { ...subject.quality, yawRatio: -0.3 } });
    assert.deepEqual([face.unfit, face.yawRatio], ["too_dark", -0.3]);
  });

  it("never gives a score to an owner whom the bundle does not know", () => {
    const analysis = { ...analysisOf(1), faces: [faceOf(100)] };
    const stranger = { ...bundle, ownerLabel: "Nobody" };
    const unknown = observationOf(frame, analysis, stranger, bundle.gallery) as FrameObservation;
    assert.equal(unknown.face?.ownerScore, 0);
    assert.equal(observe([0.1]).face?.ownerScore, 0);
  });

  it("counts others from half of the subject's width on", () => {
    assert.equal(observe([0, 1, 0], [100, 50, 49, 90]).otherFacesNear, 2);
    assert.equal(observe([0, 1, 0], [100, 20]).otherFacesNear, 0);
  });
});

describe("a frame that could not be analysed", () => {
  it("is a fault by its code, and of the recognition where the code says nothing", () => {
    const reasonOf = (error: unknown) => {
      const observation = faultOf(error);
      assert.equal(observation.kind, "fault");
      return (observation as { reason: string }).reason;
    };
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const error = new FacelatchError(code, { expected: "x", found: "y", next: "z" });
      const expected =
        code === "FRAME_INVALID" ? "frame_invalid" : code.startsWith("BUNDLE_") ? "bundle_missing" : "vision_fault";
      assert.equal(reasonOf(error), expected);
    }
    for (const thrown of [new Error("x"), "text", undefined]) assert.equal(reasonOf(thrown), "vision_fault");
  });
});

describe("a view without a sight", () => {
  const fault = (code: "CAMERA_BLACK" | "CAMERA_COVERED" | "CAMERA_FROZEN") => ({ code, message: "" });

  it("is a fault of the frame once the camera has it as its own, and while nobody is in it", () => {
    const empty = { ...analysisOf(null), obstruction: "covered" as const };
    assert.equal(viewFaultOf(null, empty), null);
    assert.equal(viewFaultOf(fault("CAMERA_FROZEN"), empty), null);
    assert.equal(viewFaultOf(fault("CAMERA_COVERED"), empty), "camera_covered");
    assert.equal(viewFaultOf(fault("CAMERA_BLACK"), empty), "camera_black");
    assert.equal(viewFaultOf(fault("CAMERA_COVERED"), { ...empty, obstruction: null }), null);
  });

  it("keeps nobody out whose face is found all the same", () => {
    const visited = { ...analysisOf(0.9), obstruction: "covered" as const };
    assert.equal(viewFaultOf(fault("CAMERA_COVERED"), visited), null);
  });
});
