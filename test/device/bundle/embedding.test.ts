// Unit vectors: length, cosine, means, and what is refused as an embedding.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  cosine,
  embeddingFault,
  meanEmbedding,
  normalise,
  weightedMeanEmbedding,
} from "../../../device/bundle/embedding.ts";

const width = 16;
const value = fc.float({ min: -100, max: 100, noNaN: true });
const vector = fc
  .array(value, { minLength: width, maxLength: width })
  .map((values) => Float32Array.from(values))
  .filter((values) => Math.hypot(...values) > 1e-3);
const unit = vector.map((values) => {
  assert.ok(normalise(values));
  return values;
});

test("a normalised vector has length 1 and keeps its direction", () => {
  fc.assert(
    fc.property(vector, (before) => {
      const after = before.slice();
      assert.ok(normalise(after));
      assert.equal(embeddingFault(after), null);
      const length = Math.hypot(...before);
      for (const [i, found] of after.entries()) assert.ok(Math.abs(found * length - before[i]!) < 1e-3);
    }),
  );
});

test("no direction, no number and no finite length are no embedding", () => {
  for (const broken of [
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [3e38, 3e38, 1e38],
  ]) {
    const values = Float32Array.from(broken);
    const before = values.slice();
    assert.equal(normalise(values) && embeddingFault(values) === null, broken.length === 3, `${broken}`);
    if (broken.length !== 3) assert.deepEqual(values, before);
    assert.notEqual(embeddingFault(before), null);
  }
});

test("a cosine is 1 with itself, -1 with the opposite, symmetric and bounded", () => {
  fc.assert(
    fc.property(unit, unit, (a, b) => {
      assert.ok(Math.abs(cosine(a, a) - 1) < 1e-6);
      assert.ok(
        Math.abs(
          cosine(
            a,
            a.map((x) => -x),
          ) + 1,
        ) < 1e-6,
      );
      assert.equal(cosine(a, b), cosine(b, a));
      assert.ok(Math.abs(cosine(a, b)) <= 1);
    }),
  );
});

test("embeddings of two widths are not compared", () => {
  assert.throws(() => cosine(Float32Array.of(1, 0), Float32Array.of(1, 0, 0)));
  assert.throws(() => meanEmbedding([Float32Array.of(1, 0), Float32Array.of(1, 0, 0)]));
});

test("a mean is as near to both of its parts, and a weight draws it to one", () => {
  fc.assert(
    fc.property(unit, unit, (a, b) => {
      fc.pre(cosine(a, b) > -0.9 && cosine(a, b) < 0.99);
      const middle = meanEmbedding([a, b])!;
      assert.ok(Math.abs(cosine(middle, a) - cosine(middle, b)) < 1e-4);
      const drawn = weightedMeanEmbedding([a, b], [3, 1])!;
      assert.ok(cosine(drawn, a) > cosine(drawn, b));
      assert.equal(embeddingFault(drawn), null);
      assert.ok(cosine(weightedMeanEmbedding([a, b], [1, 0])!, a) > 1 - 1e-6);
    }),
  );
});

test("nothing, and what cancels out, has no mean", () => {
  assert.equal(meanEmbedding([]), null);
  assert.equal(meanEmbedding([Float32Array.of(1, 0), Float32Array.of(-1, 0)]), null);
});
