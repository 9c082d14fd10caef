// Golden answers: what was recorded is accepted, and each kind of difference is told.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type GoldenAnswer, goldenMismatch, recordGolden } from "../../../device/bundle/golden.ts";

const face = {
  box: { leftPx: 10, topPx: 20, widthPx: 30, heightPx: 30 },
  landmarks: [],
  score: 0.9,
};
const answer: GoldenAnswer = {
  faces: [face],
  scores: [0.9, 0.08, 0.02],
  embedding: Float32Array.of(0.6, 0.8),
  tensor: Float32Array.from({ length: 1_000 }, (_, i) => Math.sin(i)),
};
const golden = recordGolden("owner.jpg", answer);

describe("a golden answer", () => {
  it("is accepted as it was recorded, for a tensor of any length", () => {
    const tensor = fc.float32Array({ minLength: 8, maxLength: 3_000, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(tensor, fc.array(fc.constant(face), { maxLength: 3 }), (values, faces) => {
        const recorded = recordGolden("a.jpg", { ...answer, faces, tensor: values });
        assert.ok(recorded.tensorSample.length <= 256);
        assert.equal(goldenMismatch(recorded, { ...answer, faces, tensor: values }), null);
      }),
      { numRuns: 50 },
    );
  });

  it("is accepted within its tolerances", () => {
    const moved = { ...face, box: { ...face.box, leftPx: 13 } };
    const embedding = Float32Array.of(0.8, 0.6);
    assert.equal(golden.embeddingScoreMin, 0.98);
    assert.equal(goldenMismatch({ ...golden, embeddingScoreMin: 0.95 }, { ...answer, embedding }), null);
    const close = {
      ...answer,
      faces: [moved],
      scores: [0.87, 0.11, 0.02],
      tensor: answer.tensor.map((value) => value + 0.04),
    };
    assert.equal(goldenMismatch(golden, close), null);
  });

  it("is refused with the kind of difference in words", () => {
    const scores = (values: readonly number[]) => goldenMismatch(golden, { ...answer, scores: values });
    const faces = (list: GoldenAnswer["faces"]) => goldenMismatch(golden, { ...answer, faces: list });
    assert.match(faces([]) ?? "", /^owner\.jpg: 0 faces instead of 1/);
    assert.match(faces([face, face]) ?? "", /2 faces instead of 1/);
    assert.match(faces([{ ...face, box: { ...face.box, topPx: 25 } }]) ?? "", /the face box differs by 5\.0 px/);
    assert.match(scores([0.8, 0.1, 0.1]) ?? "", /the scores differ by 0\.1000/);
    assert.match(scores([0.9, 0.1]) ?? "", /the scores differ/);
    const embedding = (values: Float32Array | null) => goldenMismatch(golden, { ...answer, embedding: values });
    assert.match(embedding(Float32Array.of(0.8, 0.6)) ?? "", /the embedding's similarity is 0\.9600/);
    assert.match(embedding(Float32Array.of(1)) ?? "", /1 values of the embedding/);
    assert.match(embedding(null) ?? "", /embedded here or there alone/);
    const tensor = Float32Array.from(answer.tensor);
    tensor[golden.tensorStride * 3]! += 0.2;
    assert.match(goldenMismatch(golden, { ...answer, tensor }) ?? "", /the input tensor differs by 0\.2000/);
  });

  it("is refused where a value is no number", () => {
    const nothing = Number.NaN;
    assert.notEqual(goldenMismatch(golden, { ...answer, scores: [nothing, nothing, nothing] }), null);
    assert.notEqual(goldenMismatch(golden, { ...answer, tensor: answer.tensor.map(() => nothing) }), null);
    assert.notEqual(goldenMismatch(golden, { ...answer, embedding: Float32Array.of(nothing, nothing) }), null);
    const box = { ...face.box, widthPx: nothing };
    assert.notEqual(goldenMismatch(golden, { ...answer, faces: [{ ...face, box }] }), null);
    const infinite = { ...golden, scores: [Number.POSITIVE_INFINITY, 0, 0] };
    assert.notEqual(goldenMismatch(infinite, { ...answer, scores: [Number.POSITIVE_INFINITY, 0, 0] }), null);
  });
});
