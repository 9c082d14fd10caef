// A surround that goes along with the face: added up over a presence, it refuses, and nothing in it ever opens.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Door, outcomeOf, owner, stranger } from "./door.ts";

const along = { ...owner, surroundLogRatio: 0.8 };
const standing = { ...owner, surroundLogRatio: -0.8 };
const asking = { rigidityMax: 1.5 };

describe("a surround that goes along", () => {
  it("keeps the door locked from the bound on, before the frames suffice and after", () => {
    const door = new Door(asking);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => outcomeOf(door.see(along))),
      [...["too_few_frames", "too_few_frames", "spoof_suspected", "spoof_suspected", "spoof_suspected"]],
    );
    assert.equal(outcomeOf(door.see(owner, 10)), "spoof_suspected", "what says nothing takes nothing back");
  });

  it("is not asked for where the policy does not", () => {
    assert.equal(outcomeOf(new Door().see(along, 4)), "unlock");
  });

  it("is taken back by a surround that stands still, whose credit is never kept", () => {
    const door = new Door(asking);
    door.see(along, 20);
    assert.equal(outcomeOf(door.see(standing, 1)), "spoof_suspected", "twice the bound is kept at most");
    assert.equal(outcomeOf(door.see(standing, 5)), "unlock");
    const honest = new Door(asking);
    honest.see(standing, 20);
    assert.equal(outcomeOf(honest.see(along, 2)), "spoof_suspected");
  });

  it("is forgotten with the presence, and by nothing else", () => {
    const door = new Door(asking);
    door.see(along, 3);
    door.fail("frame_invalid");
    assert.equal(outcomeOf(door.see(owner, 6)), "spoof_suspected");
    door.wait(2_000);
    assert.equal(outcomeOf(door.see(owner, 4)), "unlock");
  });

  it("does not count in a presence's first frame, whose step began at somebody else", () => {
    assert.equal(outcomeOf(new Door(asking).see({ ...owner, surroundLogRatio: 2 })), "too_few_frames");
    const door = new Door(asking);
    door.see({ ...owner, surroundLogRatio: 2 });
    assert.equal(outcomeOf(door.see(owner, 3)), "unlock");
  });

  it("counts also in frames that show no owner, and tells nothing where it is no number", () => {
    const door = new Door(asking);
    door.see({ ...stranger, surroundLogRatio: 0.8 }, 4);
    assert.equal(outcomeOf(door.see(owner, 4)), "spoof_suspected");
    assert.equal(outcomeOf(new Door(asking).see({ ...owner, surroundLogRatio: Number.NaN }, 4)), "unlock");
    const endless = { ...owner, surroundLogRatio: Number.POSITIVE_INFINITY };
    assert.equal(outcomeOf(new Door(asking).see(endless, 4)), "spoof_suspected");
  });
});
