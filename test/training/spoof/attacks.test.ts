// Attacks rendered with real photos: the same seed gives the same picture, the face is still found, and a head learns them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { overlap } from "../../../device/bundle/faces.ts";
import type { RgbImage } from "../../../device/bundle/image.ts";
import { encodeHead, isSuspected } from "../../../device/bundle/linear-head.ts";
import { decodePresentationHead, presentationMarginRatio } from "../../../device/bundle/presentation.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { Engine } from "../../../device/vision/engine.ts";
import type { FaceDetector } from "../../../device/vision/face-detector.ts";
import { openPresentationDetector, openPresentationExtractor } from "../../../device/vision/presentation-detector.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { openBackbone } from "../../../training/backbones/open-backbone.ts";
import { notebookShape } from "../../../training/classifier-input.ts";
import { readPhoto } from "../../../training/dataset/photo.ts";
import { objectPhotos, strangerPhotos } from "../../../training/demo/npm-media.ts";
import { openTrainingDetector } from "../../../training/detector.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { fitPresentationHead, type GenuinePhoto } from "../../../training/spoof/fit-presentation.ts";
import { reduce } from "../../../training/spoof/genuine-photos.ts";
import { makePresentationModel } from "../../../training/spoof/presentation-model.ts";
import { attackKinds, renderAttack } from "../../../training/spoof/render-attack.ts";
import { renderGenuine } from "../../../training/spoof/render-genuine.ts";
import { findRendered, type Rendered } from "../../../training/spoof/view.ts";
import { useWasmBackend } from "../../../training/tensor-backend.ts";
import { movingAttackKinds, renderMovingAttack } from "../../fixtures/render-moving-attack.ts";
import { silentProgress } from "../silent-progress.ts";

const quiet = silentProgress();

let engine: Engine;
let detectFaces: FaceDetector;
let photos: GenuinePhoto[];
let scenes: RgbImage[];

before(async () => {
  engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  detectFaces = await openTrainingDetector(engine);
  photos = [];
  for (const path of strangerPhotos()) {
    const image = await readPhoto(path);
    const face = detectFaces(image)[0];
    if (face !== undefined) photos.push({ ...reduce(image, face), group: path });
  }
  scenes = await Promise.all(objectPhotos().map(readPhoto));
});

test("an attack that goes on shows the face in frame after frame, moved unless a stand holds it, the same for the same seed", async () => {
  const options = { photo: photos[0]!, scene: scenes[0]!, widthPx: 320, heightPx: 240, framesPerS: 10, seed: 3 };
  let found = 0;
  for (const kind of movingAttackKinds) {
    for (const raised of [false, true]) {
      const render = async () => {
        const shown: Rendered[] = [];
        for await (const frame of renderMovingAttack({ ...options, kind, raised, frames: 4 })) shown.push(frame);
        return shown;
      };
      const frames = await render();
      assert.deepEqual(await render(), frames);
      const [first, last] = [frames[0]!.faceBox, frames[3]!.faceBox];
      const movedPx = Math.hypot(last.leftPx - first.leftPx, last.topPx - first.topPx);
      assert.equal(movedPx > 0, kind !== "stand", kind);
      if (findRendered(frames[3]!, detectFaces) !== undefined) found++;
    }
  }
  // A screen's raster or glare can hide a face from the detector.
  assert.ok(found >= 8, `${found} of ${2 * movingAttackKinds.length}`);
});

test("reducing a photo keeps its face where it was", () => {
  for (const { image, face } of photos) {
    const most = Math.max(...detectFaces(image).map(({ box }) => overlap(box, face.box)));
    assert.ok(most > 0.5, `${most}`);
  }
});

test("the same generator gives the same attack, another gives another", async () => {
  for (const kind of attackKinds) {
    const render = (seed: number) => renderAttack(kind, photos[0]!, scenes[0]!, photos[1]!, seededRandom(seed));
    const [first, again, other] = [await render(1), await render(1), await render(2)];
    assert.deepEqual(first, again);
    assert.notDeepEqual(first.image.data, other.image.data);
  }
  const genuine = (seed: number) => renderGenuine(photos[0]!, seededRandom(seed));
  assert.deepEqual(await genuine(3), await genuine(3));
});

test("in most attacks the detector finds a face, as the attacker wants", async () => {
  const random = seededRandom(5);
  let found = 0;
  for (let i = 0; i < 24; i++) {
    const attack = await renderAttack(attackKinds[i % 2]!, photos[i % photos.length]!, scenes[0]!, photos[0]!, random);
    if (findRendered(attack, detectFaces) !== undefined) found++;
  }
  assert.ok(found >= 18, `${found} of 24`);
});

test("a head that learnt from these attacks knows attacks with photos of other people from those people", async () => {
  await useWasmBackend();
  const backbone = await openBackbone({ shape: notebookShape, weights: "npm", progress: quiet });
  const model = makePresentationModel(backbone);
  const frame = { input: backbone.input, faceMarginRatio: presentationMarginRatio };
  const half = photos.filter((_, i) => i % 3 !== 0);
  const head = await fitPresentationHead({
    photos: half,
    scenes: scenes.slice(0, 8),
    detectFaces,
    extract: openPresentationExtractor(engine, model, frame),
    rendersPerPhoto: 2,
    refusalsMax: 0.02,
    seed: 1,
    progress: quiet,
  });
  const read = decodePresentationHead(encodeHead(head));
  const detect = openPresentationDetector(engine, model, frame, read);
  const random = seededRandom(9);
  const genuine: number[] = [];
  const attacks: number[] = [];
  for (const photo of photos.filter((_, i) => i % 3 === 0)) {
    genuine.push(detect(photo.image, photo.face));
    for (const kind of attackKinds) {
      const attack = await renderAttack(kind, photo, scenes.at(-1)!, photo, random);
      const face = findRendered(attack, detectFaces);
      if (face !== undefined) attacks.push(detect(attack.image, face));
    }
  }
  // So few photos give no threshold worth the name, but attacks must look more like attacks than people do.
  const pairs = attacks.flatMap((attack) => genuine.map((score) => attack > score));
  const share = pairs.filter(Boolean).length / pairs.length;
  assert.ok(share > 0.85, `${share} of ${pairs.length} pairs`);
  const wrong = genuine.filter((score) => isSuspected(score, head.scoreMin)).length;
  assert.ok(wrong <= 1, `${wrong} of ${genuine.length} people refused`);
  assert.ok(head.suspected["genuine"]!.value <= 0.02);
});

test("too few photos are refused", async () => {
  await assert.rejects(
    fitPresentationHead({
      photos: photos.slice(0, 3),
      scenes,
      detectFaces,
      extract: () => new Float32Array(0),
      rendersPerPhoto: 1,
      refusalsMax: 0.01,
      seed: 1,
      progress: quiet,
    }),
    (error: unknown) => error instanceof FacelatchError && error.code === "DATASET_INVALID",
  );
});
