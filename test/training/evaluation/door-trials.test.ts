// Door trials against the device's own decision: who gets in, when, and how pictures become trials.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SubjectFace } from "../../../device/decision/decision.ts";
import {
  genuineTrials,
  impostorTrial,
  judgeFrame,
  playFrames,
  type Sight,
} from "../../../training/evaluation/door-trials.ts";
import { seededRandom } from "../../../training/seeded-random.ts";
import { lookAlike, owner, policy, stranger } from "../../device/decision/door.ts";

/** Enough alone, too little in company. */
const barely = { ...owner, verifiedScore: policy.verifiedScoreMin };

const sight =
  (face: SubjectFace | null, otherFacesNear = 0): Sight =>
  (stamp) => ({ kind: "frame", ...stamp, face, otherFacesNear });

const relative: SubjectFace = { ...owner, householdMargin: 0 };

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

describe("a door trial", () => {
  it("opens with the fourth frame of the owner, at ten frames a second", () => {
    const { opened, openedAfterMs, reasons } = playFrames(times(6, sight(owner)), policy);
    assert.deepEqual([opened, openedAfterMs], [true, 360]);
    assert.deepEqual(reasons, { too_few_frames: 3 });
  });

  it("forgives two bad frames of six, not three", () => {
    const [good, bad] = [sight(owner), sight(null)];
    assert.equal(playFrames([good, bad, good, bad, good, good], policy).opened, true);
    assert.equal(playFrames([good, bad, bad, bad, good, good], policy).opened, false);
  });

  it("counts why each frame was refused", () => {
    const frames = [sight(null), sight(stranger), sight(stranger), sight(relative), sight(barely, 1)];
    const { opened, reasons } = playFrames(frames, policy);
    assert.equal(opened, false);
    assert.deepEqual(reasons, { no_face: 1, not_owner: 2, household_member: 1, several_faces: 1 });
  });

  it("passes faults on", () => {
    const { reasons } = playFrames([() => ({ kind: "fault", reason: "frame_invalid" })], policy);
    assert.deepEqual(reasons, { frame_invalid: 1 });
  });

  it("without frames opens nothing", () => {
    assert.deepEqual(playFrames([], policy), { opened: false, openedAfterMs: null, reasons: {} });
  });
});

describe("one frame by itself", () => {
  it("passes every gate or names the one that it fails", () => {
    const seen = [owner, lookAlike, relative, null].map((face) => judgeFrame(sight(face), policy));
    assert.deepEqual(seen, [null, "not_owner", "household_member", "no_face"]);
    assert.equal(judgeFrame(sight(barely, 1), policy), "several_faces");
  });
});

describe("pictures in trials", () => {
  const pictures = fc.integer({ min: 1, max: 60 }).map((count) => Array.from({ length: count }, (_, i) => i));

  it("show each of the owner's once, and enough in each trial for the door to open", () => {
    fc.assert(
      fc.property(pictures, fc.nat(), (all, seed) => {
        const trials = genuineTrials(all, policy, seededRandom(seed));
        assert.deepEqual(
          trials.flat().toSorted((a, b) => a - b),
          all,
        );
        if (all.length >= policy.framesWindow) assert.ok(trials.every((trial) => trial.length >= policy.framesWindow));
        else assert.equal(trials.length, 1);
      }),
    );
  });

  it("show all of somebody else's, twice as long as the door looks back", () => {
    fc.assert(
      fc.property(pictures, fc.nat(), (all, seed) => {
        const trial = impostorTrial(all, policy, seededRandom(seed));
        assert.deepEqual(
          [...new Set(trial)].toSorted((a, b) => a - b),
          all,
        );
        assert.ok(trial.length >= 2 * policy.framesWindow);
      }),
    );
  });

  it("let somebody stand still before the door: one picture that passes opens it", () => {
    const trial = impostorTrial([sight(owner)], policy, seededRandom(1));
    assert.equal(playFrames(trial, policy).opened, true);
  });

  it("come in the same order for the same seed", () => {
    const all = Array.from({ length: 30 }, (_, i) => i);
    assert.deepEqual(genuineTrials(all, policy, seededRandom(5)), genuineTrials(all, policy, seededRandom(5)));
    assert.notDeepEqual(genuineTrials(all, policy, seededRandom(5)), genuineTrials(all, policy, seededRandom(6)));
  });
});
