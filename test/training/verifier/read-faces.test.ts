// Reading faces out of photos: the subject, the central one where that is asked for, and photos without any.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { cosine } from "../../../device/bundle/embedding.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { openTfliteEngine } from "../../../device/vision/tflite-engine.ts";
import { strangerPhotos } from "../../../training/demo/npm-media.ts";
import { type FaceReader, openFaceReader } from "../../../training/verifier/read-faces.ts";
import { emptyRoom } from "../../fixtures/portraits.ts";

const named = (name: string) => strangerPhotos().find((path) => path.endsWith(name))!;
let folder: string;
let read: FaceReader;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-read-"));
  read = await openFaceReader(openTfliteEngine({ threads: 1, delegate: "auto" }));
});
after(() => rm(folder, { recursive: true }));

/** One face in the middle, a larger one at the right edge. */
async function twoPeople(): Promise<string> {
  const face = (name: string, width: number) => sharp(named(name)).resize(width).toBuffer();
  const path = join(folder, "two.png");
  await sharp({ create: { width: 1200, height: 600, channels: 3, background: "#777" } })
    .composite([
      { input: await face("cage.jpg", 260), left: 470, top: 150 },
      { input: await face("obama4_crop.jpg", 420), left: 780, top: 20 },
    ])
    .png()
    .toFile(path);
  return path;
}

test("the largest face is the subject, the central one where that is asked for", async () => {
  const path = await twoPeople();
  const largest = await read(path);
  const central = await read(path, { central: true });
  assert.equal(largest.faces.length, 2);
  assert.deepEqual([largest.path, largest.widthPx, largest.heightPx], [path, 1200, 600]);
  assert.deepEqual(central.faces, largest.faces);
  const [cage, obama] = await Promise.all([read(named("cage.jpg")), read(named("obama4_crop.jpg"))]);
  assert.ok(cosine(central.subject!.embedding, cage.subject!.embedding) > 0.8);
  assert.ok(cosine(largest.subject!.embedding, obama.subject!.embedding) > 0.8);
  assert.ok(cosine(largest.subject!.embedding, central.subject!.embedding) < 0.5);
});

test("a reading keeps its crop when the next photo is read", async () => {
  const first = await read(named("cage.jpg"));
  const kept = first.subject!.aligned.slice();
  await read(named("obama4_crop.jpg"));
  assert.deepEqual(first.subject!.aligned, kept);
});

test("a photo without a face has no subject, and a file that is no photo is refused", async () => {
  const room = join(folder, "room.jpg");
  await writeFile(room, await emptyRoom());
  assert.deepEqual(await read(room).then(({ faces, subject }) => ({ faces, subject })), { faces: [], subject: null });
  const text = join(folder, "text.jpg");
  await writeFile(text, "no picture");
  await assert.rejects(read(text), (error) => error instanceof FacelatchError && error.code === "IMAGE_INVALID");
});
