// Who is known at the door: the bundle's people and those that the owner named, or nobody while those cannot be read.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { Negative, SubjectFrame } from "../../device/feedback/feedback.ts";
import { knownFaces, noteFace } from "../../device/known-faces.ts";
import { observationOf } from "../../device/observe.ts";
import type { Look } from "../../device/pipeline.ts";
import { analysisOf, bundle, embeddingOf } from "./played-door.ts";

const feedbackWith = (negatives: readonly Negative[]) => ({
  negatives: (space: string) => (space === bundle.embeddingSpace ? negatives : []),
});

describe("the gallery at the door", () => {
  it("holds the bundle's housemates and those named since, of one name together", () => {
    const household = [{ name: "brother", templates: [embeddingOf(0.5)] }];
    const loaded = { ...bundle, gallery: { ...bundle.gallery, household } };
    const feedback = feedbackWith([
      { name: "brother", embedding: embeddingOf(0.4) },
      { name: "unnamed", embedding: embeddingOf(0.3) },
    ]);
    const gallery = knownFaces(loaded, feedback);
    assert.deepEqual(gallery?.owner, bundle.gallery.owner);
    assert.deepEqual(gallery?.household, [
      { name: "brother", templates: [embeddingOf(0.5), embeddingOf(0.4)] },
      { name: "unnamed", templates: [embeddingOf(0.3)] },
    ]);
    const otherSpace = { ...loaded, embeddingSpace: "2".repeat(64) };
    assert.deepEqual(knownFaces(otherSpace, feedback)?.household, household);
  });

  it("is unknown while what the owner said cannot be read, and a defect stays one", () => {
    const failing = (error: Error) => ({
      negatives: () => {
        throw error;
      },
    });
    const detail = { expected: "x", found: "y", next: "z" };
    assert.equal(knownFaces(bundle, failing(new FacelatchError("FEEDBACK_UNAVAILABLE", detail))), null);
    assert.throws(() => knownFaces(bundle, failing(new TypeError("defect"))), TypeError);
  });
});

describe("a look that is remembered", () => {
  const frame = { seq: 3, jpeg: Uint8Array.of(1), capturedAtMs: 50, digest: "d" };
  const presence = { id: 9, startedAtMs: 0, lastSeenAtMs: 0, frames: 1, agreeing: 0 };
  const decision = {
    ...({ kind: "refuse", reason: "not_owner" } as const),
    ...{ presence, presenceChange: null, presenceEnded: null, lockoutUntilMs: null },
  };
  const lookOf = (verifiedScore: number | null, changes: Partial<Look> = {}): Look => {
    const analysis = analysisOf(verifiedScore);
    const observation = observationOf(frame, analysis, bundle, bundle.gallery);
    return { frame, analysis, observation, decision, decidedAtMs: 60, ...changes };
  };
  const noted = (look: Look): SubjectFrame[] => {
    const frames: SubjectFrame[] = [];
    noteFace(look, bundle.embeddingSpace, { noteFrame: (one) => frames.push(one) });
    return frames;
  };

  it("is one of a face in a presence", () => {
    const [one] = noted(lookOf(0.6));
    assert.deepEqual([one?.presenceId, one?.frameSeq, one?.embeddingSpace], [9, 3, bundle.embeddingSpace]);
    assert.deepEqual(one?.embedding, embeddingOf(0.6));
    assert.ok(one!.quality > 0);
    assert.deepEqual(noted(lookOf(null)), []);
    assert.deepEqual(noted(lookOf(0.6, { decision: { ...decision, presence: null } })), []);
    assert.deepEqual(noted(lookOf(0.6, { frame: null })), []);
  });

  it("counts for less where the face cannot be judged", () => {
    const analysis = analysisOf(0.6);
    const unfit = { ...analysis, subject: { ...analysis.subject!, unfit: "too_dark" as const } };
    const observation = observationOf(frame, unfit, bundle, bundle.gallery);
    assert.equal(noted(lookOf(0.6, { analysis: unfit, observation }))[0]?.quality, 0);
  });
});
