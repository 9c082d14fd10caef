// What the decision is told of a frame: the subject's score, whether the owner is its top class, and who else is near.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Frame } from "../../device/camera/camera.ts";
import type { Observation } from "../../device/decision/decision.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../device/errors/errors.ts";
import { faultOf, observationOf } from "../../device/observe.ts";
import { analysisOf, bundle } from "./played-door.ts";

const frame: Frame = { seq: 7, jpeg: new Uint8Array(3), capturedAtMs: 1234.5, digest: "d7" };

function faceOf(widthPx: number) {
  return { box: { leftPx: 0, topPx: 0, widthPx, heightPx: widthPx }, landmarks: [], score: 0.9 };
}

type FrameObservation = Extract<Observation, { kind: "frame" }>;

function observe(scores: readonly number[], widthsPx: readonly number[] = [100]): FrameObservation {
  const analysis = { ...analysisOf(0), scores, faces: widthsPx.map(faceOf) };
  return observationOf(frame, analysis, bundle) as FrameObservation;
}

describe("an analysed frame", () => {
  it("keeps its number, its time and its digest, and tells of the largest face", () => {
    const { face, ...rest } = observe([0.1, 0.85, 0.05]);
    assert.deepEqual(rest, { kind: "frame", seq: 7, capturedAtMs: 1234.5, digest: "d7", otherFacesNear: 0 });
    assert.deepEqual(face, { box: faceOf(100).box, ownerScore: 0.85, ownerIsTop: true });
  });

  it("without a face tells of none, whatever its scores", () => {
    const observation = observe([0, 1, 0], []);
    assert.deepEqual([observation.face, observation.otherFacesNear], [null, 0]);
  });

  it("makes the owner the top class only where no other class has as high a score", () => {
    assert.equal(observe([0.4, 0.6, 0]).face?.ownerIsTop, true);
    assert.equal(observe([0.6, 0.4, 0]).face?.ownerIsTop, false);
    assert.equal(observe([0.5, 0.5, 0]).face?.ownerIsTop, false);
    assert.equal(observe([Number.NaN, 0.9, 0]).face?.ownerIsTop, false);
    assert.equal(observe([0, Number.NaN, 0]).face?.ownerIsTop, false);
  });

  it("never gives a score to an owner whom the bundle does not know", () => {
    const analysis = { ...analysisOf(1), faces: [faceOf(100)] };
    const unknown = observationOf(frame, analysis, { ...bundle, ownerLabel: "Nobody" }) as FrameObservation;
    assert.deepEqual([unknown.face?.ownerScore, unknown.face?.ownerIsTop], [0, false]);
    const short = observe([0.1]);
    assert.deepEqual([short.face?.ownerScore, short.face?.ownerIsTop], [0, false]);
  });

  it("counts others from half of the subject's width on", () => {
    assert.equal(observe([0, 1, 0], [100, 50, 49, 90]).otherFacesNear, 2);
    assert.equal(observe([0, 1, 0], [100, 20]).otherFacesNear, 0);
  });

  it("overlooks faces that are smaller than any that the models learnt from", () => {
    const { faceWidthMinPx } = bundle;
    assert.equal(observe([0, 1, 0], [faceWidthMinPx]).face?.ownerScore, 1);
    assert.equal(observe([0, 1, 0], [faceWidthMinPx - 1]).face, null);
    assert.equal(observe([0, 1, 0], [faceWidthMinPx + 2, faceWidthMinPx - 1]).otherFacesNear, 0);
  });

  it("makes at most one class the top one, for any scores", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1 }), { minLength: 3, maxLength: 3 }), (scores) => {
        const tops = bundle.labels.filter((ownerLabel) => {
          const analysis = { ...analysisOf(0), scores };
          const observation = observationOf(frame, analysis, { ...bundle, ownerLabel }) as FrameObservation;
          return observation.face?.ownerIsTop;
        });
        assert.ok(tops.length <= 1);
      }),
    );
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
