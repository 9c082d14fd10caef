// What an enrolment takes of a look: of the owner only what the door itself would open for, of a housemate every face seen well.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Gallery } from "../../../../device/bundle/gallery.ts";
import { enrolmentLookOf } from "../../../../device/daemon/people/enrolment-look.ts";
import type { Decision, RefusalReason } from "../../../../device/decision/decision.ts";
import { observationOf } from "../../../../device/observe.ts";
import type { Look } from "../../../../device/pipeline.ts";
import type { FrameAnalysis } from "../../../../device/vision/vision.ts";
import { policy } from "../../decision/door.ts";
import { analysisOf, bundle, embeddingOf, quality } from "../../played-door.ts";

const frame = { seq: 3, jpeg: Uint8Array.of(1), capturedAtMs: 50, digest: "d" };

const refusedFor = (reason: RefusalReason): Decision => ({
  ...{ kind: "refuse", reason },
  ...{ presence: null, presenceChange: null, presenceEnded: null, lockoutUntilMs: null },
});

/** The owner as the door knows him, which may be by templates of its own. */
function lookOf(analysis: FrameAnalysis, gallery: Gallery = bundle.gallery, changes: Partial<Look> = {}): Look {
  const observation = observationOf(frame, analysis, bundle, gallery);
  return {
    frame,
    analysis,
    observation,
    decision: refusedFor("enrolling"),
    decidedAtMs: 60,
    sustainsPulse: true,
    ...changes,
  };
}

const judge = (look: Look, role: "owner" | "household", gallery: Gallery = bundle.gallery) =>
  enrolmentLookOf(look, role, { gallery, policy });
const lackOf = (...args: Parameters<typeof judge>) => judge(...args).lack?.reason ?? null;

const seen = analysisOf(0.9);

describe("a look for an enrolment", () => {
  it("of a face seen well is taken with its pose, whoever it is", () => {
    for (const role of ["owner", "household"] as const) {
      assert.deepEqual(judge(lookOf(seen), role), {
        lack: null,
        face: {
          capturedAtMs: 50,
          embedding: embeddingOf(0.9),
          yawRatio: quality.yawRatio,
          pitchRatio: quality.pitchRatio,
          brightness: quality.brightness,
        },
      });
    }
  });

  it("is not taken without a face, where it cannot be judged, in company, or of a frame that is none to go by", () => {
    const unfit = { ...seen, subject: { ...seen.subject!, unfit: "too_dark" as const } };
    const company = { ...seen, faces: [seen.faces[0]!, seen.faces[0]!] };
    const fault = { kind: "fault", reason: "vision_fault" } as const;
    for (const role of ["owner", "household"] as const) {
      assert.equal(lackOf(lookOf(analysisOf(null)), role), "no_face");
      assert.equal(lackOf(lookOf(unfit), role), "too_dark");
      assert.equal(lackOf(lookOf(company), role), "several_faces");
      assert.equal(lackOf(lookOf(seen, bundle.gallery, { observation: fault, analysis: null }), role), "vision_fault");
      for (const reason of ["stale_frame", "frozen_camera", "frame_order", "clock_fault"] as const) {
        assert.equal(lackOf(lookOf(seen, bundle.gallery, { decision: refusedFor(reason) }), role), reason);
      }
    }
    assert.equal(judge(lookOf(unfit), "owner").lack?.message, "The face is too dark.");
  });

  it("of the owner is taken only where every witness of the door agrees", () => {
    assert.equal(lackOf(lookOf(analysisOf(0.5)), "owner"), "not_owner");
    assert.equal(lackOf(lookOf(analysisOf(0.9, 0.1)), "owner"), "classifier_disagrees");
    const near = { ...bundle.gallery, household: [{ name: "brother", templates: [embeddingOf(0.8)] }] };
    assert.equal(lackOf(lookOf(seen, near), "owner", near), "household_member");
    assert.equal(lackOf(lookOf(analysisOf(0.5)), "household"), null);
    assert.equal(lackOf(lookOf(seen, near), "household", near), null);
  });

  it("of the owner is not taken where only templates of the door vouch for it", () => {
    const face = analysisOf(0.5);
    const known = { ...bundle.gallery, owner: [...bundle.gallery.owner, embeddingOf(0.6)] };
    const look = lookOf(face, known);
    assert.ok(look.observation.kind === "frame" && look.observation.face!.verifiedScore > policy.verifiedScoreMin);
    assert.equal(lackOf(look, "owner"), "not_owner");
  });
});
