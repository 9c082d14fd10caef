// Landmarks found again in a crop: near those of a close picture however small or turned the face, and else unchanged.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import sharp from "sharp";
import { alignedPx, alignFace } from "../../../device/bundle/alignment.ts";
import type { Face } from "../../../device/bundle/faces.ts";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { FaceDetector } from "../../../device/vision/face-detector.ts";
import { type FaceRefiner, openFaceRefiner } from "../../../device/vision/refine-face.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { readPhoto } from "../../../training/dataset/photo.ts";
import { strangerPhotos } from "../../../training/demo/npm-media.ts";
import { detectorSettings, openTrainingDetector, readDetectorModel } from "../../../training/detector.ts";
import { readVerifierModel } from "../../../training/verifier/verifier-model.ts";

const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
const settings = {
  ...detectorSettings,
  input: { ...detectorSettings.input, shape: [1, 128, 128, 3] as [1, number, number, 3] },
};
let detect: FaceDetector;
let refine: FaceRefiner;

before(async () => {
  detect = await openTrainingDetector(engine);
  refine = openFaceRefiner(engine, await readDetectorModel(), settings);
});

const names = ["cage.jpg", "SeanConnery.jpg", "obama4_crop.jpg", "chuck_crop.jpg", "kim1_crop.jpg", "queen20_crop.jpg"];
const named = (name: string) => strangerPhotos().find((path) => path.endsWith(name))!;

/** The photo in the middle of a grey frame, whose sides are `ratio` times as long. */
async function fromAfar(photo: RgbImage, ratio: number): Promise<RgbImage> {
  const { data, widthPx, heightPx } = photo;
  const marginX = Math.round((widthPx * (ratio - 1)) / 2);
  const marginY = Math.round((heightPx * (ratio - 1)) / 2);
  const { data: extended, info } = await sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .extend({ left: marginX, right: marginX, top: marginY, bottom: marginY, background: "#777" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: extended, widthPx: info.width, heightPx: info.height };
}

/** How far the aligned crops of two faces lie apart, in pixels of the crop, at its corners. */
function cropDistancePx(a: Face, b: Face, shiftXPx: number, shiftYPx: number): number {
  const [from, to] = [alignFace(a.landmarks), alignFace(b.landmarks)];
  const scale = Math.hypot(from.cos, from.sin);
  const distances = [0, alignedPx].flatMap((u) =>
    [0, alignedPx].map((v) => {
      const x = (from.cos - to.cos) * u - (from.sin - to.sin) * v + from.leftPx - to.leftPx + shiftXPx;
      const y = (from.sin - to.sin) * u + (from.cos - to.cos) * v + from.topPx - to.topPx + shiftYPx;
      return Math.hypot(x, y) / scale;
    }),
  );
  return Math.max(...distances);
}

describe("refined landmarks", () => {
  it("align a distant face as they align a near one", async () => {
    const before: number[] = [];
    const after: number[] = [];
    for (const name of names) {
      const photo = await readPhoto(named(name));
      const [near] = detect(photo);
      assert.ok(near, name);
      const reference = refine(photo, near);
      const far = await fromAfar(photo, 2.5 * (near.box.widthPx / Math.max(photo.widthPx, photo.heightPx)) * 2);
      const [found] = detect(far);
      assert.ok(found, name);
      const shift = [(far.widthPx - photo.widthPx) / 2, (far.heightPx - photo.heightPx) / 2] as const;
      before.push(cropDistancePx(reference, found, ...shift));
      after.push(cropDistancePx(reference, refine(far, found), ...shift));
    }
    const worst = Math.max(...after);
    assert.ok(worst < 4, `${after.map((px) => px.toFixed(1))} px`);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // The detector looks at a distant face closely itself, so what is left to gain is less than half.
    assert.ok(mean(after) < 0.75 * mean(before), `${mean(after)} px instead of ${mean(before)}`);
  });

  it("keep the box and the score", async () => {
    const photo = await readPhoto(named("cage.jpg"));
    const [face] = detect(photo);
    const { box, score, landmarks } = refine(photo, face!);
    assert.deepEqual({ box, score }, { box: face!.box, score: face!.score });
    assert.notDeepEqual(landmarks, face!.landmarks);
    assert.equal(landmarks.length, 6);
  });
});

describe("a face that is not found again", () => {
  it("stays as it was, in a picture without one and with numbers that are none", async () => {
    const photo = await readPhoto(named("cage.jpg"));
    const [face] = detect(photo);
    const empty = { ...photo, data: new Uint8Array(photo.data.length).fill(99) };
    assert.equal(refine(empty, face!), face);
    const broken = { ...face!, box: { ...face!.box, widthPx: Number.NaN } };
    assert.equal(refine(photo, broken), broken);
  });

  it("is not exchanged for another one beside it", async () => {
    const photo = await readPhoto(named("cage.jpg"));
    const [face] = detect(photo);
    const { box, landmarks } = face!;
    const aside = box.widthPx * 0.9;
    const beside: Face = {
      ...face!,
      box: { ...box, leftPx: box.leftPx + aside },
      landmarks: landmarks.map((point) => ({ ...point, xPx: point.xPx + aside })),
    };
    assert.equal(refine(photo, beside), beside);
  });
});

it("a model that is no face detector is refused", async () => {
  const { bytes } = await readVerifierModel();
  assert.throws(
    () => openFaceRefiner(engine, bytes, settings),
    (error) => error instanceof FacelatchError && error.code === "MODEL_INVALID",
  );
});
