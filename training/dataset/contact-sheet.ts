// Samples of a class on one sheet, as the notebook shows them: what the network will see, at a glance.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { resampleToRgb } from "../../device/bundle/resample.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import { makeFolder, replaceFile } from "../write-file.ts";
import { classFolders } from "./classes.ts";
import { encodeJpeg } from "./photo.ts";
import type { PreparedPhoto } from "./prepare.ts";

const columns = 8;
const rows = 5;
const cellPx = 120;
const gapPx = 4;

/** Writes owner.jpg, others.jpg and objects.jpg: training pictures, evenly from all of a class. */
export async function writeContactSheets(
  preparedDir: string,
  photos: readonly PreparedPhoto[],
  sheetDir: string,
): Promise<void> {
  await makeFolder(sheetDir);
  for (const folder of classFolders) {
    const pictures = photos
      .filter((photo) => photo.folder === folder && photo.split === "train")
      .flatMap(({ pictures: own }) => own);
    const count = Math.min(columns * rows, pictures.length);
    const shown = Array.from({ length: count }, (_, i) => pictures[Math.floor((i * pictures.length) / count)]!);
    await replaceFile(
      join(sheetDir, `${folder}.jpg`),
      await drawSheet(shown.map((picture) => join(preparedDir, picture))),
    );
  }
}

async function drawSheet(paths: readonly string[]): Promise<Uint8Array> {
  const widthPx = columns * (cellPx + gapPx) + gapPx;
  const heightPx = Math.max(1, Math.ceil(paths.length / columns)) * (cellPx + gapPx) + gapPx;
  const data = new Uint8Array(widthPx * heightPx * 3).fill(255);
  for (const [index, path] of paths.entries()) {
    const image = await decodeJpeg(await readFile(path));
    const whole = { leftPx: 0, topPx: 0, widthPx: image.widthPx, heightPx: image.heightPx };
    const cell = resampleToRgb(image, whole, cellPx, cellPx);
    const leftPx = gapPx + (index % columns) * (cellPx + gapPx);
    const topPx = gapPx + Math.floor(index / columns) * (cellPx + gapPx);
    for (let y = 0; y < cellPx; y++) {
      const row = cell.data.subarray(y * cellPx * 3, (y + 1) * cellPx * 3);
      data.set(row, ((topPx + y) * widthPx + leftPx) * 3);
    }
  }
  return encodeJpeg({ data, widthPx, heightPx });
}
