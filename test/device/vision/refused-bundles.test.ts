// Every check of a bundle, one after the other, in the real vision process: each refuses by its own name.
import assert from "node:assert/strict";
import { cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bundleLimits, type Manifest, manifestFileName } from "../../../device/bundle/manifest.ts";
import type { ErrorCode } from "../../../device/errors/errors.ts";
import { VisionProcess } from "../../../device/vision/vision-process.ts";
import { eventually } from "../../fixtures/eventually.ts";
import {
  changedBundle,
  classifierFile,
  makeSmallBundle,
  type SmallBundle,
  writeFiles,
} from "../../fixtures/small-bundle.ts";

type Spoil = (folder: string, good: SmallBundle) => Promise<void>;

/** Writes the bundle anew with a change whose checksums hold. */
function rewritten(change: (good: SmallBundle) => SmallBundle): Spoil {
  return async (folder, good) => writeFiles(folder, change(good).files);
}

function withManifest(change: (manifest: Manifest) => object): Spoil {
  return async (folder, { manifest }) => {
    await writeFile(join(folder, manifestFileName), JSON.stringify(change(manifest)));
  };
}

const spoilt: readonly (readonly [ErrorCode, string, Spoil])[] = [
  ["BUNDLE_MISSING", "no manifest", (folder) => rm(join(folder, manifestFileName))],
  ["BUNDLE_MANIFEST_INVALID", "a manifest that is no JSON", (folder) => writeFile(join(folder, manifestFileName), "{")],
  ["BUNDLE_MANIFEST_INVALID", "an unknown field", withManifest((manifest) => ({ ...manifest, opensAlways: true }))],
  ["BUNDLE_FORMAT_UNSUPPORTED", "another format", withManifest((manifest) => ({ ...manifest, formatVersion: 99 }))],
  ["BUNDLE_FILE_MISSING", "a file too few", (folder) => rm(join(folder, classifierFile))],
  ["BUNDLE_FILE_UNEXPECTED", "a file too many", (folder) => writeFile(join(folder, "extra.bin"), "x")],
  [
    "BUNDLE_TOO_LARGE",
    "a file beyond the limit",
    (folder) => truncate(join(folder, classifierFile), bundleLimits.fileBytesMax + 1),
  ],
  [
    "BUNDLE_TOO_LARGE",
    "a manifest beyond the limit",
    (folder) => truncate(join(folder, manifestFileName), bundleLimits.manifestBytesMax + 1),
  ],
  [
    "BUNDLE_CHECKSUM_MISMATCH",
    "a byte that changed",
    async (folder, { files }) => {
      const bytes = Uint8Array.from(files.get(classifierFile)!);
      bytes[100]! ^= 0x40;
      await writeFile(join(folder, classifierFile), bytes);
    },
  ],
  ["BUNDLE_CHECKSUM_MISMATCH", "a file cut short", (folder) => truncate(join(folder, classifierFile), 100)],
  [
    "MODEL_INVALID",
    "a model that is none",
    rewritten((good) => changedBundle(good, { files: { [classifierFile]: new Uint8Array(64).fill(7) } })),
  ],
  [
    "MODEL_INVALID",
    "a classifier of other labels than the manifest's",
    rewritten((good) =>
      changedBundle(good, {
        manifest: (manifest) => ({
          ...manifest,
          labels: manifest.labels.slice(0, 2),
          golden: manifest.golden.map((golden) => ({ ...golden, scores: golden.scores.slice(0, 2) })),
        }),
      }),
    ),
  ],
  [
    "BUNDLE_GOLDEN_MISMATCH",
    "other answers than the known ones",
    rewritten((good) =>
      changedBundle(good, {
        manifest: (manifest) => ({
          ...manifest,
          golden: manifest.golden.map((golden) => ({ ...golden, faces: golden.faces + 1 })),
        }),
      }),
    ),
  ],
];

let root = "";
let good: SmallBundle;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "facelatch-refused-"));
  good = await makeSmallBundle();
});

after(() => rm(root, { recursive: true, force: true }));

test("each check refuses by its own name, and a good bundle is taken after it", async (t) => {
  const sound = join(root, "sound");
  await writeFiles(sound, good.files);
  let folder = sound;
  const vision = new VisionProcess({
    bundleFolder: () => folder,
    threads: 1,
    delegate: "auto",
    frameTimeoutMs: 5_000,
    startTimeoutMs: 20_000,
    backoffFirstMs: 60_000,
    backoffMaxMs: 60_000,
  });
  after(() => vision.stop());
  vision.start();
  for (const [i, [code, what, spoil]] of spoilt.entries()) {
    await t.test(`${code}: ${what}`, async () => {
      folder = join(root, String(i));
      await cp(sound, folder, { recursive: true });
      await spoil(folder, good);
      vision.reload();
      const { fault, bundle, pid } = await eventually(
        "a refusal",
        () => vision.status(),
        ({ state }) => state === "refused",
      );
      assert.deepEqual([fault?.code, bundle, pid], [code, null, null]);
      assert.match(fault?.message ?? "", /expected .*; found /s);
      await assert.rejects(vision.analyse(new Uint8Array(1)), { code: "VISION_UNAVAILABLE" });
    });
  }
  folder = sound;
  vision.reload();
  const { bundle } = await eventually(
    "a bundle that is taken",
    () => vision.status(),
    ({ state }) => state === "ready",
  );
  assert.equal(bundle?.sha256, good.sha256);
});
