// The notebook's own experiment: one owner before one camera in bursts, against many others and things. The owner is
// tested on a recording that nothing was trained on, others and things on persons and pictures that nothing was trained on.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { openBackbone } from "../../training/backbones/open-backbone.ts";
import { listPhotos } from "../../training/dataset/list-photos.ts";
import { ownerRecording, ownerUnseenRecording, runFfmpeg } from "../../training/demo/npm-media.ts";
import { chooseEngines, findEngines } from "../../training/engines/find-engines.ts";
import { useTensorEngine } from "../../training/engines/tensor-engine.ts";
import { confusionOf, indexOfMax, rateOf } from "../../training/metrics.ts";
import { planOf } from "../../training/recipe.ts";
import { predictSplits } from "../../training/run/figures.ts";
import { scoreHeldOut } from "../../training/run/held-out.ts";
import { framingOf, prepareRun } from "../../training/run/prepare-run.ts";
import { settingsOf } from "../../training/train.ts";
import { trainNetwork } from "../../training/train-network.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { sharedPath } from "./pictures.ts";

const labels = ["Owner", "Others", "Objects"];
/** The notebook's MobileNetV2 on its test pictures. */
const notebookAccuracy = 0.991;
const framesPerS = 4;
const burstFrames = 12;
const unseen = "owner/unseen-recording";

/** Bursts of the owner, and every picture of others and things but those of his relatives and look-alikes. */
async function writeNotebookSet(dataDir: string): Promise<void> {
  await writeBursts(ownerRecording(), join(dataDir, "owner"));
  await writeBursts(ownerUnseenRecording(), join(dataDir, unseen));
  for (const folder of ["others/lfw", "others/web_celebs", "others/ai", "objects"]) {
    const source = sharedPath("data", "sets", folder);
    await mkdir(join(dataDir, folder), { recursive: true });
    for (const photo of await listPhotos(source)) {
      await symlink(join(source, photo), join(dataDir, folder, photo.replaceAll("/", "__")));
    }
  }
  await symlink(sharedPath("data", "sets", "manifest.tsv"), join(dataDir, "manifest.tsv"));
}

async function writeBursts(recording: string, folder: string): Promise<void> {
  const name = basename(recording).replace(/\..*$/, "");
  const flat = `${folder}-${name}-frames`;
  await mkdir(flat, { recursive: true });
  await runFfmpeg(["-i", recording, "-vf", `fps=${framesPerS}`, "-q:v", "2", join(flat, "%05d.jpg")]);
  for (const [index, frame] of (await readdir(flat)).sort().entries()) {
    const burst = join(folder, `${name}-${String(Math.floor(index / burstFrames)).padStart(2, "0")}`);
    await mkdir(burst, { recursive: true });
    await rename(join(flat, frame), join(burst, frame));
  }
  await rm(flat, { recursive: true });
}

test("on a set like the notebook's, split by recording, the classifier is as good as the notebook's", {
  timeout: 900_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-notebook-"));
  t.after(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, "data");
  await writeNotebookSet(dataDir);
  const progress = silentProgress();
  const engines = chooseEngines("auto", await findEngines());
  await useTensorEngine(engines.head.engine);
  const settings = await settingsOf({
    ...{ dataDir, ownerLabel: labels[0]!, runDir: join(folder, "run"), seed: 1, epochsMax: 200, patience: 20 },
    ...{ weights: sharedPath("weights", "mobilenet_v2_imagenet_npy"), variants: 2, heldOut: [unseen], progress },
  });
  const backbone = await openBackbone({ shape: settings.backbone, weights: settings.weights, progress });
  const prepared = await prepareRun({ ...settings, grow: false });
  const network = await trainNetwork(settings, { plan: planOf(settings), engines, backbone, prepared, labels });
  const { extractor, features, model: head } = network;
  const predictions = predictSplits(head, features, labels.length);
  const heldOut = await scoreHeldOut({ ...settings, framing: framingOf(settings), labels, extractor, head });
  await extractor.close();

  const frames = heldOut[unseen]!.photos.flatMap(({ scores }) => (scores === null ? [] : [{ truth: 0, scores }]));
  const strangers = predictions.test.filter(({ truth }) => truth !== 0);
  const tested = [...frames, ...strangers];
  const right = tested.filter(({ truth, scores }) => indexOfMax(scores) === truth).length;
  const accuracy = rateOf(right, tested.length);
  t.diagnostic(`${right} of ${tested.length} right: ${(100 * accuracy.value).toFixed(2)} %, notebook 99.1 %`);
  t.diagnostic(
    `owner, others, objects: ${JSON.stringify(confusionOf(tested, labels.length))}; ${prepared.notes.join()}`,
  );
  assert.equal(prepared.leaks, 0);
  assert.ok(frames.length >= 100 && strangers.length >= 80, `${frames.length} frames, ${strangers.length} strangers`);
  assert.ok(accuracy.value >= notebookAccuracy, `accuracy ${accuracy.value}`);
});
