// Which frames of an empty scene are not handed over at all.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StillRest } from "../../../device/vision/still-rest.ts";
import type { FrameAnalysis } from "../../../device/vision/vision.ts";

function answered(still: boolean): FrameAnalysis {
  const times = { decodeMs: 4, inferenceMs: 0, totalMs: 5 };
  return {
    widthPx: 640,
    heightPx: 480,
    brightness: 99,
    faces: [],
    scores: [1],
    subject: null,
    still,
    obstruction: null,
    ...times,
  };
}

/** How many of the frames of one second are handed over, at so many a second, while the scene is still. */
function handedOver(framesPerSecond: number): number {
  const rest = new StillRest();
  let handed = 0;
  for (let frame = 0; frame < framesPerSecond; frame++) {
    const nowMs = (frame * 1000) / framesPerSecond;
    if (rest.answer(nowMs) !== null) continue;
    rest.note(answered(true), nowMs);
    handed++;
  }
  return handed;
}

describe("the rest of a still scene", () => {
  it("hands over every frame of a slow camera, and two or three a second of any other", () => {
    assert.deepEqual([2, 3, 10, 15, 30].map(handedOver), [2, 2, 2, 3, 3]);
  });

  it("gives the last answer again, without its times", () => {
    const rest = new StillRest();
    rest.note(answered(true), 1_000);
    assert.deepEqual(rest.answer(1_100), { ...answered(true), decodeMs: 0, inferenceMs: 0, totalMs: 0 });
  });

  it("answers nothing before a still scene was seen, after one that was not, and after its end", () => {
    const rest = new StillRest();
    assert.equal(rest.answer(0), null);
    rest.note(answered(true), 0);
    rest.note(answered(false), 10);
    assert.equal(rest.answer(20), null);
    rest.note(answered(true), 30);
    rest.end();
    assert.equal(rest.answer(40), null);
  });
});
