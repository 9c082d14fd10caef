// The last presences in memory: the best frames of each, and never more than the limits.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { framesPerPresenceMax, RecentPresences } from "../../../device/feedback/recent-presences.ts";
import { embeddingOf, jpegOf, subjectFrame } from "./open-feedback.ts";

const limits = { presencesMax: 4, bytesMax: 10_000, ageMaxMs: 60_000 };

function seqsOf(recent: RecentPresences, presenceId: number): number[] {
  return (recent.get(presenceId)?.frames ?? []).map(({ frameSeq }) => frameSeq);
}

describe("the frames of a presence", () => {
  it("are the one nearest to the owner, and the others of the best quality", () => {
    const recent = new RecentPresences(limits);
    const looks: [number, number][] = [
      [0.2, 0.9],
      [0.9, 0.1],
      [0.3, 0.5],
      [0.1, 0.95],
      [0.4, 0.2],
    ];
    looks.forEach(([ownerScore, quality], i) => {
      recent.note(subjectFrame(1, { frameSeq: i + 1, ownerScore, quality }), "2026-11-23T10:00:00Z");
    });
    assert.deepEqual(seqsOf(recent, 1), [2, 4, 1]);
  });

  it("are copies: the camera may use its memory again", () => {
    const recent = new RecentPresences(limits);
    const frame = subjectFrame(1);
    const jpeg = frame.jpeg.slice();
    const embedding = frame.embedding.slice();
    recent.note(frame, "2026-11-23T10:00:00Z");
    frame.jpeg.fill(0);
    frame.embedding.fill(0);
    const [kept] = recent.get(1)!.frames;
    assert.deepEqual(kept!.jpeg, jpeg);
    assert.deepEqual(kept!.embedding, embedding);
    const lent = new Uint8Array(1_000_000).subarray(7, 1_007);
    recent.note(subjectFrame(2, { jpeg: lent }), "2026-11-23T10:00:00Z");
    assert.equal(recent.get(2)!.frames[0]!.jpeg.buffer.byteLength, 1_000);
  });

  it("carry when the presence was first and last seen", () => {
    const recent = new RecentPresences(limits);
    recent.note(subjectFrame(1, { capturedAtMs: 100 }), "2026-11-23T10:00:00Z");
    recent.note(subjectFrame(1, { capturedAtMs: 900, quality: 0, frameSeq: 2 }), "2026-11-23T10:00:01Z");
    const { firstSeenAtMs, lastSeenAtMs, seenAt } = recent.get(1)!;
    assert.deepEqual([firstSeenAtMs, lastSeenAtMs, seenAt], [100, 900, "2026-11-23T10:00:01Z"]);
  });

  it("leave out what could be no negative: no numbers, no length of 1, no space, no picture, or a huge one", () => {
    const recent = new RecentPresences({ ...limits, bytesMax: 1e9 });
    const noNumber = embeddingOf(1);
    noNumber[3] = Number.NaN;
    for (const fields of [
      { embedding: noNumber },
      { embedding: new Float32Array(192) },
      { embedding: embeddingOf(1).map((value) => value * 2) },
      { embeddingSpace: "" },
      { embeddingSpace: "AB".repeat(32) },
      { ownerScore: Number.NaN },
      { quality: Number.POSITIVE_INFINITY },
      { jpeg: new Uint8Array(0) },
      { jpeg: new Uint8Array(5 * 1024 * 1024) },
    ]) {
      recent.note(subjectFrame(1, fields), "2026-11-23T10:00:00Z");
    }
    assert.deepEqual([recent.list(), recent.bytes], [[], 0]);
  });
});

describe("the limits", () => {
  it("hold after any series of looks, and the oldest presences go first", () => {
    const look = fc.record({
      step: fc.integer({ min: 0, max: 1 }),
      bytes: fc.integer({ min: 4, max: 12_000 }),
      quality: fc.double({ min: 0, max: 1, noNaN: true }),
      ownerScore: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        const recent = new RecentPresences(limits);
        let presenceId = 1;
        looks.forEach(({ step, bytes, ...scores }, i) => {
          presenceId += step;
          recent.note(subjectFrame(presenceId, { frameSeq: i, jpeg: jpegOf(i, bytes), ...scores }), "");
          const list = recent.list();
          const kept = list.flatMap(({ frames }) => frames);
          assert.ok(list.length <= limits.presencesMax);
          assert.equal(
            recent.bytes,
            kept.reduce((sum, { jpeg }) => sum + jpeg.length, 0),
          );
          assert.ok(recent.bytes <= limits.bytesMax);
          assert.ok(list.every(({ frames }) => frames.length >= 1 && frames.length <= framesPerPresenceMax));
          const ids = list.map((presence) => presence.presenceId);
          assert.deepEqual(
            ids,
            [...ids].sort((a, b) => b - a),
          );
        });
      }),
      { numRuns: 200 },
    );
  });

  it("forget a presence some time after it was last seen", () => {
    const recent = new RecentPresences(limits);
    recent.note(subjectFrame(1, { capturedAtMs: 0 }), "");
    recent.note(subjectFrame(2, { capturedAtMs: 30_000 }), "");
    recent.expire(60_000);
    assert.equal(recent.list().length, 2);
    recent.expire(60_001);
    assert.deepEqual(
      recent.list().map(({ presenceId }) => presenceId),
      [2],
    );
    recent.expire(90_001);
    assert.deepEqual([recent.list(), recent.bytes], [[], 0]);
  });
});
