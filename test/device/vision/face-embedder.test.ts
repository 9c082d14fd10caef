// The verifier with the real models: one person stays one however the picture is turned, and broken models are refused.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";
import "@tensorflow/tfjs-backend-cpu";
import * as layers from "@tensorflow/tfjs-layers";
import { cosine, embeddingFault } from "../../../device/bundle/embedding.ts";
import type { Face } from "../../../device/bundle/faces.ts";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { Engine } from "../../../device/vision/engine.ts";
import type { FaceDetector } from "../../../device/vision/face-detector.ts";
import { type FaceEmbedder, openFaceEmbedder } from "../../../device/vision/face-embedder.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { convertLayersModel } from "../../../training/convert/convert.ts";
import { readPhoto } from "../../../training/dataset/photo.ts";
import { strangerPhotos } from "../../../training/demo/npm-media.ts";
import { openTrainingDetector } from "../../../training/detector.ts";
import { readVerifierModel, type VerifierModel } from "../../../training/verifier/verifier-model.ts";

const engine: Engine = openTfliteEngine({ threads: 1, delegate: "auto" });
let model: VerifierModel;
let detect: FaceDetector;
let embed: FaceEmbedder;

before(async () => {
  await tf.setBackend("cpu");
  model = await readVerifierModel();
  detect = await openTrainingDetector(engine);
  embed = openFaceEmbedder(engine, model.bytes, model.settings);
});

/** Single persons: an actor twice, and three others. */
const named = (name: string) => strangerPhotos().find((path) => path.endsWith(name))!;

/** The photo, turned clockwise about its middle and scaled, as another camera might have taken it. */
async function retaken(path: string, degrees: number, scale: number): Promise<RgbImage> {
  const { data, widthPx, heightPx } = await readPhoto(path);
  const { data: turned, info } = await sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .affine(
      [
        [scale * Math.cos((degrees * Math.PI) / 180), -scale * Math.sin((degrees * Math.PI) / 180)],
        [scale * Math.sin((degrees * Math.PI) / 180), scale * Math.cos((degrees * Math.PI) / 180)],
      ],
      { background: "#777", interpolator: "bicubic" },
    )
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: turned, widthPx: info.width, heightPx: info.height };
}

function embedFirst(image: RgbImage, by: FaceEmbedder = embed) {
  const [face] = detect(image);
  assert.ok(face);
  return by(image, face);
}

describe("an embedding", () => {
  it("stays near itself when the picture is turned and scaled", async () => {
    for (const name of ["cage2_crop.jpg", "SeanConnery.jpg", "obama4_crop.jpg"]) {
      const upright = embedFirst(await readPhoto(named(name))).embedding;
      for (const [degrees, scale] of [
        [-20, 1],
        [12, 0.8],
        [25, 1.5],
      ] as const) {
        const found = cosine(upright, embedFirst(await retaken(named(name), degrees, scale)).embedding);
        assert.ok(found > 0.85, `${name} turned by ${degrees} and scaled by ${scale}: ${found}`);
      }
    }
  });

  it("tells one person from others", async () => {
    const of = async (name: string) => embedFirst(await readPhoto(named(name))).embedding;
    const cage = await of("cage.jpg");
    const same = cosine(cage, await of("cage2_crop.jpg"));
    for (const name of ["SeanConnery.jpg", "obama4_crop.jpg", "chuck_crop.jpg"]) {
      const other = cosine(cage, await of(name));
      assert.ok(same > other + 0.2, `${same} for himself, ${other} for ${name}`);
    }
  });

  it("of a mirrored picture is the same, when mirror images are averaged", async () => {
    const image = await readPhoto(named("cage.jpg"));
    const [face] = detect(image);
    const { embedding, aligned } = embed(image, face!);
    const crop: RgbImage = { data: Uint8Array.from(aligned, Math.round), widthPx: 112, heightPx: 112 };
    const { data } = await sharp(crop.data, { raw: { width: 112, height: 112, channels: 3 } })
      .flop()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const inPlace = templateFace();
    const straight = embed(crop, inPlace).embedding;
    assert.ok(cosine(straight, embedding) > 0.999);
    assert.ok(cosine(straight, embed({ ...crop, data }, inPlace).embedding) > 0.999);
  });

  it("is a unit vector of its own memory, and the crop holds pixel values", async () => {
    const first = embedFirst(await readPhoto(named("cage.jpg")));
    const kept = first.embedding.slice();
    assert.equal(embeddingFault(first.embedding), null);
    assert.equal(first.embedding.length, model.settings.embeddingWidth);
    assert.equal(first.aligned.length, 112 * 112 * 3);
    assert.ok(first.aligned.every((value) => value >= -0.01 && value <= 255.01));
    embedFirst(await readPhoto(named("SeanConnery.jpg")));
    assert.deepEqual(first.embedding, kept);
  });
});

/** A face that lies in a crop of 112 px exactly where it is aligned to: its warp changes nothing. */
function templateFace(): Face {
  const landmarks = [
    [38.7946, 53.6963],
    [74.0318, 53.5014],
    [56.5252, 73.7366],
    [56.6396, 94.2848],
    [15, 60],
    [97, 60],
  ].map(([xPx, yPx]) => ({ xPx: xPx!, yPx: yPx! }));
  return { box: { leftPx: 10, topPx: 10, widthPx: 90, heightPx: 90 }, landmarks, score: 1 };
}

/** A verifier whose every embedding is `bias`. */
function constantVerifier(bias: number, width = 192): Uint8Array {
  const input = layers.input({ shape: [112, 112, 3] });
  const mean = layers.layers.globalAveragePooling2d({}).apply(input) as layers.SymbolicTensor;
  const dense = layers.layers.dense({ units: width });
  const network = layers.model({ inputs: input, outputs: dense.apply(mean) as layers.SymbolicTensor });
  dense.setWeights([tf.zeros([3, width]), tf.fill([width], bias)]);
  return convertLayersModel(network).bytes;
}

describe("a verifier", () => {
  const grey: RgbImage = { data: new Uint8Array(112 * 112 * 3).fill(99), widthPx: 112, heightPx: 112 };
  const isInvalid = (pattern: RegExp) => (error: unknown) =>
    error instanceof FacelatchError && error.code === "MODEL_INVALID" && pattern.test(error.detail.found);

  it("of other tensors than its settings is refused when it is opened", () => {
    assert.throws(() => openFaceEmbedder(engine, constantVerifier(1, 128), model.settings), isInvalid(/1x128/));
    const settings = { ...model.settings, embeddingWidth: 128 };
    assert.throws(() => openFaceEmbedder(engine, model.bytes, settings), isInvalid(/1x192/));
    const { input } = model.settings;
    const larger = { ...model.settings, input: { ...input, shape: [1, 160, 160, 3] as (typeof input)["shape"] } };
    assert.throws(() => openFaceEmbedder(engine, model.bytes, larger), isInvalid(/1x160x160x3/));
  });

  it("that answers zeros or no numbers fails, and gives no embedding", () => {
    for (const bias of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const mirrored of [false, true]) {
        const broken = openFaceEmbedder(engine, constantVerifier(bias), { ...model.settings, mirrored });
        assert.throws(() => broken(grey, templateFace()), isInvalid(/without a direction/), `${bias}`);
      }
    }
  });

  it("is not asked about landmarks that are no numbers", () => {
    const face = templateFace();
    const landmarks = face.landmarks.map((point) => ({ ...point, xPx: Number.NaN }));
    assert.throws(() => embed(grey, { ...face, landmarks }), isInvalid(/landmarks/));
  });
});
