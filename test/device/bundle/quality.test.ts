// What is measured of a face, and which of it makes a face unfit, on a real photo that is spoilt in one way at a time.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { alignFace, warpAligned } from "../../../device/bundle/alignment.ts";
import type { Face } from "../../../device/bundle/faces.ts";
import { type FaceQuality, measureQuality, qualityFaultOf, qualityLimits } from "../../../device/bundle/quality.ts";
import { decodeJpeg } from "../../../device/vision/decode-jpeg.ts";
import type { FaceDetector } from "../../../device/vision/face-detector.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { openTrainingDetector } from "../../../training/detector.ts";
import { portrait } from "../../fixtures/portraits.ts";

type Spoil = (picture: Sharp) => Sharp;

let detect: FaceDetector;
let face: Face;
let sound: FaceQuality;

before(async () => {
  detect = await openTrainingDetector(openTfliteEngine({ threads: 1, delegate: "auto" }));
  const found = detect(await decodeJpeg(await portrait("owner")))[0];
  assert.ok(found);
  face = found;
  sound = await qualityOf((picture) => picture);
});

/** The quality of the same face in a spoilt picture. */
async function qualityOf(spoil: Spoil): Promise<FaceQuality> {
  const image = await decodeJpeg(
    await spoil(sharp(await portrait("owner")))
      .jpeg({ quality: 95 })
      .toBuffer(),
  );
  const aligned = new Float32Array(112 * 112 * 3);
  warpAligned(image, alignFace(face.landmarks), aligned);
  return measureQuality(image, face, aligned);
}

const faultOf = (changes: Partial<FaceQuality> = {}) => qualityFaultOf({ ...sound, ...changes }, qualityLimits);

describe("a face", () => {
  it("is fit as it is, and its measures are those of the picture", () => {
    assert.equal(faultOf(), null);
    assert.equal(sound.widthPx, face.box.widthPx);
    assert.equal(sound.insideRatio, 1);
    assert.ok(Math.abs(sound.yawRatio) < 0.5 && Math.abs(sound.rollDegrees) < 20, JSON.stringify(sound));
    assert.ok(sound.pitchRatio > 0.2 && sound.pitchRatio < 0.8, `${sound.pitchRatio}`);
  });

  it("in the dark is too dark, in glare too bright, out of focus too blurred", async () => {
    const spoilt: readonly [string, Spoil][] = [
      ["too_dark", (picture) => picture.linear(0.08, 0)],
      ["too_bright", (picture) => picture.linear(3, 60)],
      ["too_blurred", (picture) => picture.blur(4)],
    ];
    for (const [fault, spoil] of spoilt) assert.equal(qualityFaultOf(await qualityOf(spoil), qualityLimits), fault);
  });

  it("keeps its sharpness in half of the light, and loses it to blur step by step", async () => {
    const dimmed = await qualityOf((picture) => picture.linear(0.5, 0));
    assert.ok(Math.abs(dimmed.brightness - sound.brightness / 2) < 3);
    assert.ok(dimmed.sharpness / sound.sharpness > 0.7 && dimmed.sharpness / sound.sharpness < 1.4);
    let last = sound.sharpness;
    for (const sigma of [1, 2, 4]) {
      const { sharpness } = await qualityOf((picture) => picture.blur(sigma));
      assert.ok(sharpness < last, `${sigma}`);
      last = sharpness;
    }
  });

  it("is cut off by as much as lies beyond the frame", () => {
    const frame = { widthPx: 320, heightPx: 240 };
    const box = { leftPx: -30, topPx: 0, widthPx: 100, heightPx: 100 };
    const quality = measureQuality(frame, { ...face, box }, new Float32Array(112 * 112 * 3));
    assert.ok(Math.abs(quality.insideRatio - 0.7) < 1e-9);
    assert.equal(qualityFaultOf(quality, qualityLimits), "cut_off");
    const away = { ...box, leftPx: 400 };
    assert.equal(measureQuality(frame, { ...face, box: away }, new Float32Array(112 * 112 * 3)).insideRatio, 0);
  });

  it("turns by where the nose lies between the eyes, however the head is tilted", () => {
    const eyes = [
      { xPx: 100, yPx: 100 },
      { xPx: 140, yPx: 100 },
    ];
    const pose = (noseXPx: number, degrees: number) => {
      const angle = (degrees * Math.PI) / 180;
      const landmarks = [...eyes, { xPx: noseXPx, yPx: 122 }, { xPx: 120, yPx: 144 }].map(({ xPx, yPx }) => ({
        xPx: Math.cos(angle) * xPx - Math.sin(angle) * yPx,
        yPx: Math.sin(angle) * xPx + Math.cos(angle) * yPx,
      }));
      return measureQuality({ widthPx: 320, heightPx: 240 }, { ...face, landmarks }, new Float32Array(112 * 112 * 3));
    };
    for (const degrees of [-30, 0, 15]) {
      assert.ok(Math.abs(pose(120, degrees).yawRatio) < 1e-9);
      assert.ok(Math.abs(pose(132, degrees).yawRatio - 0.3) < 1e-9);
      assert.ok(Math.abs(pose(132, degrees).pitchRatio - 0.5) < 1e-9);
      assert.ok(Math.abs(pose(132, degrees).rollDegrees - degrees) < 1e-9);
    }
    assert.equal(faultOf({ yawRatio: 0.7 }), "turned_away");
    assert.equal(faultOf({ yawRatio: -0.7 }), "turned_away");
  });
});

describe("any measures", () => {
  it("that hold a number that is none are unfit", () => {
    const judged = ["widthPx", "brightness", "contrast", "sharpness", "yawRatio", "insideRatio"] as const;
    for (const key of judged) assert.notEqual(faultOf({ [key]: Number.NaN }), null, key);
    assert.equal(faultOf({ widthPx: qualityLimits.widthMinPx - 1 }), "too_small");
  });

  it("are numbers for any crop and any landmarks that lie apart", () => {
    const value = fc.float({ min: 0, max: 255, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const aligned = Float32Array.from({ length: 112 * 112 * 3 }, (_, i) => (i % 7 < 3 ? a : b));
        const { brightness, contrast, sharpness } = measureQuality({ widthPx: 320, heightPx: 240 }, face, aligned);
        assert.ok(brightness >= 0 && brightness <= 255.01 && contrast >= 0 && sharpness >= 0);
      }),
      { numRuns: 30 },
    );
  });
});
