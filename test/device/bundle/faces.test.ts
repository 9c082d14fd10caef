// Decoding of the detector's output: anchors, letterbox, suppression, framing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blazeFace, decodeFaces, frameFace, letterbox, overlap } from "../../../device/bundle/faces.ts";

const frame = { widthPx: 640, heightPx: 480 };
const none = -20;

/** A raw output with one face of `sizePx` input pixels at each of the given anchors. */
function rawOutput(faces: readonly { anchor: number; logit: number; sizePx: number }[]) {
  const regressors = new Float32Array(blazeFace.anchors * blazeFace.coordinates);
  const logits = new Float32Array(blazeFace.anchors).fill(none);
  for (const { anchor, logit, sizePx } of faces) {
    logits[anchor] = logit;
    regressors.set([0, 0, sizePx, sizePx], anchor * blazeFace.coordinates);
  }
  return { regressors, logits };
}

test("a face at the first anchor lies in the letterbox's corner", () => {
  const { regressors, logits } = rawOutput([{ anchor: 0, logit: 4, sizePx: 16 }]);
  const [face, ...rest] = decodeFaces(regressors, logits, letterbox(frame), 0.5, 0.3);
  assert.equal(rest.length, 0);
  // 640 px onto 128: 5 frame pixels each; the frame begins 80 px below the square's top.
  assert.equal(face!.box.widthPx, 80);
  assert.equal(face!.box.leftPx, 4 * 5 - 40);
  assert.equal(face!.box.topPx, 4 * 5 - 80 - 40);
  assert.ok(Math.abs(face!.score - 1 / (1 + Math.exp(-4))) < 1e-6);
});

test("the two anchors of one cell are one face; far ones are two, the larger first", () => {
  const { regressors, logits } = rawOutput([
    { anchor: 0, logit: 3, sizePx: 20 },
    { anchor: 1, logit: 5, sizePx: 20 },
    { anchor: 511, logit: 2, sizePx: 40 },
  ]);
  const faces = decodeFaces(regressors, logits, letterbox(frame), 0.5, 0.3);
  assert.deepEqual(
    faces.map((face) => Math.round(face.box.widthPx)),
    [200, 100],
  );
});

test("a face below the least score is none", () => {
  const { regressors, logits } = rawOutput([{ anchor: 300, logit: Math.log(0.74 / 0.26), sizePx: 20 }]);
  assert.deepEqual(decodeFaces(regressors, logits, letterbox(frame), 0.75, 0.3), []);
});

test("an output of no numbers holds no face", () => {
  const regressors = new Float32Array(blazeFace.anchors * blazeFace.coordinates).fill(Number.NaN);
  const logits = new Float32Array(blazeFace.anchors).fill(Number.NaN);
  assert.deepEqual(decodeFaces(regressors, logits, letterbox(frame), 0.5, 0.3), []);
});

test("overlap is 1 with itself, 0 apart, and symmetric", () => {
  const a = { leftPx: 0, topPx: 0, widthPx: 10, heightPx: 10 };
  const b = { leftPx: 5, topPx: 0, widthPx: 10, heightPx: 10 };
  assert.equal(overlap(a, a), 1);
  assert.equal(overlap(a, { ...a, leftPx: 10 }), 0);
  assert.equal(overlap(a, b), 1 / 3);
  assert.equal(overlap(b, a), 1 / 3);
});

test("the frame of a face is a square around its middle", () => {
  const box = { leftPx: 100, topPx: 50, widthPx: 40, heightPx: 60 };
  assert.deepEqual(frameFace({ box, landmarks: [], score: 1 }, 1.5), {
    leftPx: 75,
    topPx: 35,
    widthPx: 90,
    heightPx: 90,
  });
});
