// Masks and dark glasses, drawn by others and real, before heads that were learnt from drawn ones.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { coveringOf } from "../../device/bundle/coverings.ts";
import type { Face } from "../../device/bundle/faces.ts";
import type { RgbImage } from "../../device/bundle/image.ts";
import { openCoveringExtractor } from "../../device/vision/covering-detector.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { notebookShape } from "../../training/classifier-input.ts";
import { learnCoverings, readTrainingFaces, usualDefencePhotosMax } from "../../training/defences.ts";
import { openTrainingDetector, openTrainingRefiner } from "../../training/detector.ts";
import type { FittedHead } from "../../training/linear-head/fit-linear-head.ts";
import { useWasmBackend } from "../../training/tensor-backend.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { photosIn } from "./pictures.ts";
import { countSuspected, linkTrainingSide, quiet } from "./training-side.ts";

const suspicion = (head: FittedHead) => ({ head, scoreMin: head.scoreMin });

test("most masks are told, hardly any bare face is called covered", async (t) => {
  const { dataDir, unseen } = await linkTrainingSide();
  t.after(() => rm(dataDir, { recursive: true }));
  await useWasmBackend();
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const backbone = await openBackbone({ shape: notebookShape, weights: "npm", progress: silentProgress() });
  const options = {
    dataDir,
    engine,
    backbone,
    seed: 1,
    defencePhotosMax: usualDefencePhotosMax,
    isForTraining: () => true,
    progress: quiet,
  };
  const faces = await readTrainingFaces(options);
  const startMs = performance.now();
  const { mask, occlusion, model, input } = await learnCoverings(options, faces);
  t.diagnostic(`${faces.photos.length} photos, learnt from in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  t.diagnostic(`out of fold: ${JSON.stringify({ mask: mask.suspected, occlusion: occlusion.suspected })}`);

  const detectFaces = await openTrainingDetector(engine);
  const refine = await openTrainingRefiner(engine);
  const extract = openCoveringExtractor(engine, model, input);
  const suspicions = { mask: suspicion(mask), occlusion: suspicion(occlusion) };
  const tell = (image: RgbImage, face: Face) => coveringOf(extract(image, refine(image, face)), suspicions);
  const count = async (what: string, photos: readonly string[]) => {
    assert.ok(photos.length > 0, what);
    const masked = await countSuspected(photos, detectFaces, (image, face) => tell(image, face) === "masked");
    const occluded = await countSuspected(photos, detectFaces, (image, face) => tell(image, face) === "occluded");
    t.diagnostic(`${what}: ${masked.suspected} masked, ${occluded.suspected} occluded of ${masked.of}`);
    return { masked: masked.suspected, occluded: occluded.suspected, of: masked.of };
  };
  const masked = await photosIn("masked");
  const named = (part: string) => masked.filter((path) => path.includes(part));
  const drawn = [await count("the owner masked", named("owner_synth")), await count("kin masked", named("kin_synth"))];
  const real = await count("others with real masks", named("others_real"));
  const people = named("rmfd_by_identity");
  const cropped = (bare: boolean) => people.filter((path) => path.includes("/unmasked_") === bare);
  await count("small crops with real masks", cropped(false));
  await count("small crops without", cropped(true));
  const hard = await photosIn("hard");
  await count(
    "others in sunglasses",
    hard.filter((path) => path.includes("others_sunglasses")),
  );
  const owner = await count("the owner", await photosIn("owner_test"));
  const others = await count("others", unseen);
  for (const { masked: told, of } of [...drawn, real]) assert.ok(told >= of * 0.75, `${told} of ${of}`);
  assert.ok(owner.masked + owner.occluded <= 1 && owner.of >= 39);
  assert.ok(others.masked <= others.of * 0.02 && others.occluded <= others.of * 0.04);
});
