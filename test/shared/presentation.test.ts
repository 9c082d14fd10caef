// Prints and screens of the owner, which no training saw, before a head that was learnt from rendered ones.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { isSuspected } from "../../device/bundle/linear-head.ts";
import { presentationMarginRatio } from "../../device/bundle/presentation.ts";
import { openPresentationDetector } from "../../device/vision/presentation-detector.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { notebookShape } from "../../training/classifier-input.ts";
import { learnPresentations, readTrainingFaces, usualDefencePhotosMax } from "../../training/defences.ts";
import { openTrainingDetector } from "../../training/detector.ts";
import { makePresentationModel } from "../../training/spoof/presentation-model.ts";
import { useWasmBackend } from "../../training/tensor-backend.ts";
import { photosIn } from "./pictures.ts";
import { countSuspected, linkTrainingSide, quiet } from "./training-side.ts";

test("more than half of the prints and screens are suspected, hardly any genuine photo is", async (t) => {
  const { dataDir, unseen } = await linkTrainingSide();
  t.after(() => rm(dataDir, { recursive: true }));
  await useWasmBackend();
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const backbone = await openBackbone({ shape: notebookShape, weights: "npm", progress: quiet });
  const options = {
    dataDir,
    engine,
    backbone,
    seed: 1,
    defencePhotosMax: usualDefencePhotosMax,
    isForTraining: () => true,
    progress: quiet,
  };
  const readStartMs = performance.now();
  const faces = await readTrainingFaces(options);
  const startMs = performance.now();
  const head = await learnPresentations(options, faces);
  const seconds = [startMs - readStartMs, performance.now() - startMs].map((ms) => (ms / 1000).toFixed(0));
  t.diagnostic(`${faces.photos.length} photos read in ${seconds[0]} s, learnt from in ${seconds[1]} s`);
  t.diagnostic(`out of fold: ${JSON.stringify(head.suspected)}`);

  const detectFaces = await openTrainingDetector(engine);
  const frame = { input: backbone.input, faceMarginRatio: presentationMarginRatio };
  const scoreOf = openPresentationDetector(engine, makePresentationModel(backbone), frame, head);
  const count = async (what: string, photos: readonly string[]) => {
    assert.ok(photos.length > 0, what);
    const counted = await countSuspected(photos, detectFaces, (image, face) =>
      isSuspected(scoreOf(image, face), head.scoreMin),
    );
    t.diagnostic(`${what}: ${counted.suspected} of ${counted.of} suspected`);
    return counted;
  };
  const attacks = await photosIn("spoof");
  const prints = await count(
    "prints",
    attacks.filter((path) => path.includes("owner_print")),
  );
  const replays = await count(
    "screens",
    attacks.filter((path) => path.includes("owner_replay")),
  );
  const owner = await count("the owner", await photosIn("owner_test"));
  const others = await count("others", unseen);
  await count(
    "real attacks by others",
    attacks.filter((path) => path.includes("minivision_spoof")),
  );
  assert.ok(prints.suspected >= 9 && prints.of === 12);
  assert.ok(replays.suspected >= 9 && replays.of === 12);
  assert.ok(owner.suspected <= 1 && owner.of >= 39);
  assert.ok(others.suspected <= others.of * 0.03);
});
