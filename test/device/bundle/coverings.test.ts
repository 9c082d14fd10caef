// What covers a face: the view follows the face however it is turned, and the verdict names masks first.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coveringFeatures,
  coveringInputPx,
  coveringOf,
  decodeCoveringHead,
  warpCovering,
} from "../../../device/bundle/coverings.ts";
import type { Face } from "../../../device/bundle/faces.ts";
import { encodeHead, type HeadPurpose, type LinearHead } from "../../../device/bundle/linear-head.ts";

/** A face whose eyes are 80 px apart, turned about its eyes' middle, in a picture that is red right of the middle of the face. */
function turnedFace(degrees: number): { readonly face: Face; readonly red: (x: number, y: number) => boolean } {
  const angle = (degrees * Math.PI) / 180;
  const place = (across: number, down: number) => ({
    xPx: 200 + across * Math.cos(angle) - down * Math.sin(angle),
    yPx: 180 + across * Math.sin(angle) + down * Math.cos(angle),
  });
  const landmarks = [place(-40, 0), place(40, 0), place(0, 50), place(0, 92), place(-80, 10), place(80, 10)];
  const box = { leftPx: 100, topPx: 100, widthPx: 200, heightPx: 200 };
  const red = (x: number, y: number) => (x - 200) * Math.cos(angle) + (y - 180) * Math.sin(angle) > 0;
  return { face: { box, landmarks, score: 1 }, red };
}

test("the view is the face's own, whichever way the head leans", () => {
  for (const degrees of [-30, 0, 25]) {
    const { face, red } = turnedFace(degrees);
    const image = { data: new Uint8Array(400 * 400 * 3), widthPx: 400, heightPx: 400 };
    for (let i = 0; i < 400 * 400; i++) if (red((i % 400) + 0.5, Math.floor(i / 400) + 0.5)) image.data[i * 3] = 200;
    const view = new Float32Array(coveringInputPx ** 2 * 3);
    warpCovering(image, face, view);
    for (const row of [5, 48, 90]) {
      const redAt = (column: number) => view[(row * coveringInputPx + column) * 3]!;
      assert.ok(redAt(38) < 20 && redAt(58) > 180, `${degrees} degrees, row ${row}: ${redAt(38)}, ${redAt(58)}`);
    }
  }
});

/** A head that looks at one feature alone. */
function headOn(purpose: HeadPurpose, feature: number): LinearHead {
  const weights = new Float32Array(coveringFeatures);
  weights[feature] = 4;
  return { purpose, weights, bias: -2 };
}

test("a mask is named before anything else, and what is no number is never a bare face", () => {
  const suspicion = (purpose: HeadPurpose, feature: number) => ({ head: headOn(purpose, feature), scoreMin: 0.5 });
  const both = { mask: suspicion("mask", 0), occlusion: suspicion("occlusion", 1) };
  const seen = (...values: number[]) => {
    const features = new Float32Array(coveringFeatures);
    features.set(values);
    return features;
  };
  assert.equal(coveringOf(seen(0, 0), both), null);
  assert.equal(coveringOf(seen(1, 0), both), "masked");
  assert.equal(coveringOf(seen(0, 1), both), "occluded");
  assert.equal(coveringOf(seen(1, 1), both), "masked");
  assert.equal(coveringOf(seen(Number.NaN, 0), both), "masked");
  assert.equal(coveringOf(seen(1, 0), { ...both, mask: null }), null);
  assert.equal(coveringOf(seen(1, 1), { mask: null, occlusion: null }), null);
});

test("a head is read for its purpose and these features alone", () => {
  const head = headOn("mask", 3);
  assert.deepEqual(decodeCoveringHead(encodeHead(head), "mask"), head);
  assert.throws(() => decodeCoveringHead(encodeHead(head), "occlusion"), { code: "MODEL_INVALID" });
  const ofEmbeddings = { ...head, weights: new Float32Array(192) };
  assert.throws(() => decodeCoveringHead(encodeHead(ofEmbeddings), "mask"), /192 features/);
});
