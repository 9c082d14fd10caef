// The data set of a run: prepared into the run's folder, with samples of each class on a sheet.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../../device/terminal/progress.ts";
import { faceWidthMinPx, inputPx } from "../classifier-input.ts";
import { classFolders, splitNames } from "../dataset/classes.ts";
import { writeContactSheets } from "../dataset/contact-sheet.ts";
import type { Framing, FramingKind } from "../dataset/frame-photo.ts";
import { listPhotos } from "../dataset/list-photos.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";
import { type Prepared, prepareDataset } from "../dataset/prepare.ts";
import { makeFolder, replaceFile } from "../write-file.ts";
import { runFolder } from "./run-folder.ts";

export interface PrepareRunOptions {
  /** Holds owner/, others/ and objects/. */
  readonly dataDir: string;
  readonly runDir: string;
  readonly seed: number;
  /** How photos become squares; anything but faces is for comparison. */
  readonly framing: FramingKind;
  readonly faceMarginRatio: number;
  /** Paths below the data set's folder that are not trained on. */
  readonly heldOut: readonly string[];
  /** Whether photos that came since the preparation join the training split. */
  readonly grow: boolean;
  readonly progress: Progress;
}

export function framingOf({
  framing,
  faceMarginRatio,
}: Pick<PrepareRunOptions, "framing" | "faceMarginRatio">): Framing {
  return { kind: framing, sizePx: inputPx, faceMarginRatio, faceWidthMinPx };
}

/** Throws what `prepareDataset` throws. */
export async function prepareRun(options: PrepareRunOptions): Promise<Prepared> {
  const preparedDir = join(options.runDir, runFolder.prepared);
  await makeFolder(preparedDir);
  const prepared = await prepareDataset({ ...options, preparedDir, framing: framingOf(options) });
  await writeContactSheets(preparedDir, prepared.photos, join(options.runDir, runFolder.samples));
  return prepared;
}

/** One validation photo of each class, whole, for the bundle's golden images. */
export async function writeGoldenPhotos(
  { dataDir, runDir }: Pick<PrepareRunOptions, "dataDir" | "runDir">,
  { photos }: Prepared,
): Promise<void> {
  const folder = join(runDir, runFolder.golden);
  await makeFolder(folder);
  for (const name of classFolders) {
    const validation = photos.filter((photo) => photo.folder === name && photo.split === "validation");
    const { path } = validation[Math.floor(validation.length / 2)]!;
    await replaceFile(join(folder, `golden-${name}.jpg`), await encodeJpeg(await readPhoto(join(dataDir, path))));
  }
}

/** SHA-256 of all prepared pictures and of where they lie. */
export async function digestPrepared(runDir: string): Promise<string> {
  const preparedDir = join(runDir, runFolder.prepared);
  const hash = createHash("sha256");
  for (const split of splitNames) {
    for (const folder of classFolders) {
      for (const photo of await listPhotos(join(preparedDir, split, folder))) {
        hash.update(`${split}/${folder}/${photo}\n`).update(await readFile(join(preparedDir, split, folder, photo)));
      }
    }
  }
  return hash.digest("hex");
}
