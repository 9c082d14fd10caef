import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LatestFrame } from "../../../device/camera/latest-frame.ts";

const signal = new AbortController().signal;
const picture = (value: number): Uint8Array => Uint8Array.of(0xff, 0xd8, value, 0xff, 0xd9);

test("the newest frame replaces the one that nobody took, which is counted", async () => {
  const frames = new LatestFrame(5);
  frames.put(picture(1), 10);
  frames.put(picture(2), 20);
  frames.put(picture(3), 30);
  const frame = await frames.next(signal);
  assert.equal(frame.seq, 3);
  assert.equal(frame.capturedAtMs, 30);
  assert.equal(frame.digest, createHash("sha256").update(picture(3)).digest("hex"));
  assert.equal(frames.framesTotal, 3);
  assert.equal(frames.framesDropped, 2);
});

test("a waiting caller gets the next frame, which then is not in the slot", async () => {
  const frames = new LatestFrame(5);
  const waiting = frames.next(signal);
  frames.put(picture(1), 1);
  assert.equal((await waiting).seq, 1);
  const again = frames.next(signal);
  frames.put(picture(2), 2);
  assert.equal((await again).seq, 2);
  assert.equal(frames.framesDropped, 0);
});

test("an aborted wait rejects with the signal's reason and takes no frame", async () => {
  const frames = new LatestFrame(5);
  const aborting = new AbortController();
  const waiting = frames.next(aborting.signal);
  aborting.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(frames.next(aborting.signal), /enough/);
  frames.put(picture(1), 1);
  assert.equal((await frames.next(signal)).seq, 1);
});

test("a second concurrent caller is a programmer error", async () => {
  const frames = new LatestFrame(5);
  const waiting = frames.next(signal);
  await assert.rejects(frames.next(signal), assert.AssertionError);
  frames.put(picture(1), 1);
  assert.equal((await waiting).seq, 1);
});

test("a picture that repeats is frozen from the n-th on, until a different one comes", () => {
  const frames = new LatestFrame(3);
  const seen: boolean[] = [];
  for (const value of [1, 1, 1, 1, 2, 1, 1, 2]) {
    frames.put(picture(value), 0);
    seen.push(frames.frozen);
  }
  assert.deepEqual(seen, [false, false, true, true, false, false, false, false]);
});

test("clear forgets the frame but not the count; reset counts anew", async () => {
  const frames = new LatestFrame(3);
  frames.put(picture(1), 0);
  frames.clear();
  assert.equal(frames.framesTotal, 1);
  assert.equal(frames.framesDropped, 1);
  frames.reset();
  frames.put(picture(2), 0);
  assert.equal((await frames.next(signal)).seq, 1);
});
