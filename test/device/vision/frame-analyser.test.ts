// What the models say of a frame, with the real models; and the golden check.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import sharp from "sharp";
import { overlap } from "../../../device/bundle/faces.ts";
import { checkGoldenAnswers } from "../../../device/vision/check-golden.ts";
import type { Engine } from "../../../device/vision/engine.ts";
import { FrameAnalyser } from "../../../device/vision/frame-analyser.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { withCoverings } from "../../fixtures/covering-bundle.ts";
import { emptyRoom, frameSize, portrait, truncated } from "../../fixtures/portraits.ts";
import { changedBundle, classifierFile, makeSmallBundle, type SmallBundle } from "../../fixtures/small-bundle.ts";

let bundle: SmallBundle;
let engine: Engine;
let analyser: FrameAnalyser;

before(async () => {
  bundle = await makeSmallBundle();
  engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  analyser = new FrameAnalyser(engine, bundle.manifest, bundle.files);
});

describe("an analysis", () => {
  it("finds the face and scores it by the bundle's labels", async () => {
    for (const [sitter, label] of [
      ["owner", 0],
      ["stranger", 1],
    ] as const) {
      const { faces, scores, subject, ...rest } = await analyser.analyse(await portrait(sitter, 2));
      assert.equal(faces.length, 1);
      assert.ok(scores[label]! > 0.9, `${sitter}: ${scores}`);
      assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5);
      assert.deepEqual([rest.widthPx, rest.heightPx], [frameSize.widthPx, frameSize.heightPx]);
      assert.ok(overlap(subject!.surround.region, faces[0]!.box) > 0 && new Set(subject!.surround.luma).size > 50);
      assert.ok(rest.brightness > 20 && rest.brightness < 235);
      assert.ok(rest.decodeMs > 0 && rest.inferenceMs > 0 && rest.totalMs >= rest.decodeMs + rest.inferenceMs);
    }
  });

  it("scores the centre of a picture without a face", async () => {
    const { faces, scores } = await analyser.analyse(await emptyRoom());
    assert.equal(faces.length, 0);
    assert.ok(scores[2]! > 0.5, `${scores}`);
  });

  it("lists the nearest of several faces first, and scores that one", async () => {
    const { widthPx, heightPx } = frameSize;
    const near = await portrait("stranger");
    const far = await sharp(await portrait("owner"))
      .resize(Math.round(widthPx * 0.7))
      .toBuffer();
    const both = await sharp({ create: { width: widthPx, height: heightPx * 2, channels: 3, background: "#777" } })
      .composite([
        { input: far, left: 40, top: 20 },
        { input: Buffer.from(near), left: 0, top: heightPx },
      ])
      .jpeg({ quality: 92 })
      .toBuffer();
    const { faces, scores } = await analyser.analyse(both);
    assert.equal(faces.length, 2);
    assert.ok(faces[0]!.box.widthPx > faces[1]!.box.widthPx && faces[0]!.box.topPx > heightPx);
    assert.ok(scores[1]! > 0.9, `${scores}`);
  });

  it("gives the same answer for the same frame, whatever came between", async () => {
    const frame = await portrait("owner", 3);
    const first = await analyser.answer(frame);
    await analyser.analyse(await portrait("stranger", 3));
    const second = await analyser.answer(frame);
    assert.deepEqual(second, first);
  });

  it("refuses a broken frame, and goes on with the next", async () => {
    const frame = await portrait("owner");
    await assert.rejects(analyser.analyse(truncated(frame)), { code: "FRAME_INVALID" });
    assert.equal((await analyser.analyse(frame)).faces.length, 1);
  });

  it("refuses scores that are no numbers from 0 to 1", async () => {
    // No real model that the golden check lets through gives such scores, so the engine is played.
    for (const score of [Number.NaN, -0.5, 1.5]) {
      const played: Engine = {
        ...engine,
        load: (bytes) => {
          const model = engine.load(bytes);
          return { ...model, infer: () => model.outputs[0]!.data.fill(score) };
        },
      };
      const broken = new FrameAnalyser(played, bundle.manifest, bundle.files);
      await assert.rejects(broken.analyse(await emptyRoom()), { code: "MODEL_INVALID" });
    }
  });
});

describe("what covers a face", () => {
  const opened = async (masks: boolean, occlusions: boolean) => {
    const { manifest, files } = await withCoverings(bundle, masks, occlusions);
    return new FrameAnalyser(engine, manifest, files);
  };
  const unfitIn = async (covered: FrameAnalyser, sitter: "owner" | "stranger") =>
    (await covered.analyse(await portrait(sitter))).subject?.unfit;

  it("is told of a face that is not the owner's, and never refuses one that is", async () => {
    for (const [masks, occlusions, told] of [
      [true, true, "masked"],
      [false, true, "occluded"],
      [false, false, null],
    ] as const) {
      const covered = await opened(masks, occlusions);
      assert.deepEqual([await unfitIn(covered, "owner"), await unfitIn(covered, "stranger")], [null, told]);
    }
  });

  it("is not told of a face that is like a template of the door's, unless that is of another space", async () => {
    const covered = await opened(true, true);
    const { embedding } = (await covered.analyse(await portrait("stranger"))).subject!;
    const { embeddingSpace } = bundle.manifest.verifier;
    covered.knowOwner({ embeddingSpace, templates: [embedding] });
    assert.equal(await unfitIn(covered, "stranger"), null);
    covered.knowOwner({ embeddingSpace: "0".repeat(64), templates: [Float32Array.of(1)] });
    assert.equal(await unfitIn(covered, "stranger"), "masked");
  });
});

describe("models that do not fit their manifest", () => {
  it("are refused when they are opened", () => {
    const detector = bundle.manifest.detector.file;
    const { files } = bundle;
    const swapped = new Map([...files, [detector, files.get(classifierFile)!]]);
    assert.throws(() => new FrameAnalyser(engine, bundle.manifest, swapped), { code: "MODEL_INVALID" });
    const fewer = { ...bundle.manifest, labels: bundle.manifest.labels.slice(0, 2) };
    assert.throws(() => new FrameAnalyser(engine, fewer, files), { code: "MODEL_INVALID", message: /1x2/ });
  });
});

describe("the golden check", () => {
  it("lets a bundle pass whose answers are the recorded ones", async () => {
    await analyser.checkGolden(bundle.files);
    await checkGoldenAnswers(bundle);
  });

  it("names the picture whose answer differs, and how", async () => {
    const wrong = changedBundle(bundle, {
      manifest: (manifest) => ({
        ...manifest,
        golden: manifest.golden.map((golden) =>
          golden.image === "golden-owner.jpg" ? { ...golden, scores: [0.2, 0.7, 0.1] } : golden,
        ),
      }),
    });
    await assert.rejects(checkGoldenAnswers(wrong), {
      code: "BUNDLE_GOLDEN_MISMATCH",
      message: /golden-owner\.jpg: the scores differ by 0\.[78]/,
    });
  });

  it("notices a golden picture that was exchanged", async () => {
    const exchanged = changedBundle(bundle, { files: { "golden-owner.jpg": await portrait("stranger") } });
    await assert.rejects(checkGoldenAnswers(exchanged), { code: "BUNDLE_GOLDEN_MISMATCH" });
  });
});
