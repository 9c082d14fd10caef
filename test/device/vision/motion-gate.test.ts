// Which frames reach the models, on real JPEGs and an analyser that counts.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import sharp from "sharp";
import type { Face } from "../../../device/bundle/faces.ts";
import { decodeJpeg } from "../../../device/vision/decode-jpeg.ts";
import { MotionGate } from "../../../device/vision/motion-gate.ts";
import type { FrameAnalysis } from "../../../device/vision/vision.ts";
import { emptyRoom, portrait, truncated } from "../../fixtures/portraits.ts";

const box = { leftPx: 0, topPx: 0, widthPx: 80, heightPx: 80 };
const face: Face = { box, landmarks: [], score: 0.9 };

let room: Uint8Array;
let bright: Uint8Array;
let visited: Uint8Array;

before(async () => {
  room = await emptyRoom("#777");
  bright = await emptyRoom("#bbb");
  visited = await sharp(await emptyRoom("#777"))
    .composite([
      {
        input: await sharp(await portrait("owner"))
          .resize(64)
          .toBuffer(),
        left: 100,
        top: 80,
      },
    ])
    .jpeg()
    .toBuffer();
});

/** A gate before an analyser that decodes, finds a face where it is told to, and counts. */
function gated(seesFace: (jpeg: Uint8Array) => boolean = () => false) {
  let nowMs = 0;
  let looks = 0;
  const analyse = async (jpeg: Uint8Array): Promise<FrameAnalysis> => {
    looks++;
    const { widthPx, heightPx } = await decodeJpeg(jpeg);
    const faces = seesFace(jpeg) ? [face] : [];
    const times = { decodeMs: 5, inferenceMs: 20, totalMs: 25 };
    return {
      widthPx,
      heightPx,
      brightness: 119,
      faces,
      scores: [0.2, 0.8],
      subject: null,
      still: false,
      obstruction: null,
      ...times,
    };
  };
  const gate = new MotionGate({ analyse }, () => nowMs);
  return {
    looks: () => looks,
    /** The next frame, 100 ms after the one before unless told otherwise. */
    show: (jpeg: Uint8Array, afterMs = 100) => {
      nowMs += afterMs;
      return gate.analyse(jpeg);
    },
  };
}

describe("the motion gate", () => {
  it("answers still frames with the last look at the empty room, and looks every five seconds", async () => {
    const { show, looks } = gated();
    const first = await show(room);
    assert.equal(first.still, false);
    for (let i = 1; i < 50; i++) {
      const { still, faces, subject, scores, brightness, widthPx, heightPx } = await show(room);
      assert.deepEqual({ still, faces, subject }, { still: true, faces: [], subject: null });
      assert.deepEqual({ scores, brightness }, { scores: first.scores, brightness: first.brightness });
      assert.deepEqual([widthPx, heightPx], [first.widthPx, first.heightPx]);
    }
    assert.equal(looks(), 1);
    assert.equal((await show(room)).still, false);
    assert.equal(looks(), 2);
  });

  it("lets nobody wait who appears", async () => {
    for (const emptyFrames of [1, 2, 3, 4, 5]) {
      const { show } = gated((jpeg) => jpeg === visited);
      for (let i = 0; i < emptyFrames; i++) await show(room);
      assert.equal((await show(visited)).faces.length, 1, `after ${emptyFrames} frames`);
    }
  });

  it("spares no frame while a face is in view, nor for a second after it", async () => {
    const { show, looks } = gated((jpeg) => jpeg === visited);
    for (let i = 0; i < 5; i++) assert.equal((await show(visited)).faces.length, 1);
    for (let i = 0; i < 10; i++) assert.equal((await show(room)).still, false);
    assert.equal(looks(), 15);
    assert.equal((await show(room)).still, true);
  });

  it("looks at another light once", async () => {
    const { show, looks } = gated();
    for (const jpeg of [room, room, bright, bright, bright, bright]) await show(jpeg);
    assert.equal(looks(), 2);
  });

  it("refuses a broken frame that it sees, and then looks at the next", async () => {
    const { show } = gated();
    await show(room);
    await show(room);
    await assert.rejects(show(truncated(room)), { code: "FRAME_INVALID" });
    assert.equal((await show(room)).still, false);
  });
});
