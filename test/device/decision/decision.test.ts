// Tests of the decision by example: what opens the door, and one example of every refusal.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  blockedBy,
  type Decision,
  decide,
  type Grant,
  type RefusalReason,
  recheck,
  recordActuation,
  recordConfirmation,
  recordPulseEnd,
  refusalByHand,
  refusalReasons,
  type SubjectFace,
  setEnrolling,
  setFacesOff,
  setLockdown,
  setTamper,
} from "../../../device/decision/decision.ts";
import { box, Door, lookAlike, outcomeOf, owner, policy, stranger } from "./door.ts";

function grantOf(decision: Decision): Grant {
  assert.equal(decision.kind, "unlock");
  return (decision as Extract<Decision, { kind: "unlock" }>).grant;
}

describe("decide", () => {
  it("opens with the k-th agreeing frame of one presence, not before", () => {
    const door = new Door();
    assert.deepEqual(
      [1, 2, 3, 4].map(() => outcomeOf(door.see(owner))),
      ["too_few_frames", "too_few_frames", "too_few_frames", "unlock"],
    );
  });

  it("grants for the presence and the frame that earned it, until that frame is too old", () => {
    const door = new Door();
    door.see(owner, 3);
    const decidedAtMs = door.nowMs;
    assert.deepEqual(grantOf(door.see(owner)), {
      presenceId: 1,
      decidedAtMs,
      newestFrameAtMs: decidedAtMs - 10,
      expiresAtMs: decidedAtMs - 10 + policy.frameAgeMaxMs,
    });
  });

  it("bears two frames in six that do not agree, and not a third", () => {
    const door = new Door();
    door.see(owner, 2);
    door.see(stranger);
    door.see(null);
    assert.equal(outcomeOf(door.see(owner)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
    const other = new Door();
    other.see(owner, 2);
    other.see(stranger, 3);
    assert.equal(outcomeOf(other.see(owner, 2)), "too_few_frames");
  });

  it("does not open with a newest frame that does not agree", () => {
    const door = new Door();
    door.see(owner, 4);
    assert.equal(outcomeOf(door.see(stranger)), "not_owner");
    assert.equal(outcomeOf(door.see(null)), "no_face");
  });

  it("counts scores that equal their thresholds, and refuses where either witness says less", () => {
    const { ownerScoreMin, verifiedScoreMin, householdMarginMin } = policy;
    const see = (changes: Partial<SubjectFace>) => outcomeOf(new Door().see({ ...owner, ...changes }, 4));
    assert.equal(see({ ownerScore: ownerScoreMin }), "unlock");
    assert.equal(see({ verifiedScore: verifiedScoreMin }), "unlock");
    assert.equal(see({ householdMargin: householdMarginMin }), "unlock");
    assert.equal(see({ ownerScore: 1, verifiedScore: verifiedScoreMin - 1e-9 }), "not_owner");
    assert.equal(see({ ownerScore: ownerScoreMin - 1e-9, verifiedScore: 1 }), "classifier_disagrees");
    assert.equal(see({ verifiedScore: 1, householdMargin: householdMarginMin - 1e-9 }), "household_member");
    for (const key of ["ownerScore", "verifiedScore", "householdMargin"] as const) {
      assert.notEqual(see({ [key]: Number.NaN }), "unlock", key);
    }
  });

  it("asks for more likeness in company, and forgets what was collected where that is lacking", () => {
    const { verifiedScoreMin, companyScoreExtra } = policy;
    const sure = { ...owner, verifiedScore: verifiedScoreMin + companyScoreExtra };
    assert.equal(outcomeOf(new Door().see(sure, 4, { otherFacesNear: 1 })), "unlock");
    const unsure = { ...owner, verifiedScore: verifiedScoreMin + companyScoreExtra - 1e-9 };
    assert.equal(outcomeOf(new Door().see(unsure, 4, { otherFacesNear: 1 })), "several_faces");
    const door = new Door();
    door.see(owner, 3);
    assert.equal(outcomeOf(door.see(unsure, 1, { otherFacesNear: 1 })), "several_faces");
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(new Door({ companyScoreExtra: 1 }).see(owner, 9, { otherFacesNear: 1 })), "several_faces");
    assert.equal(outcomeOf(new Door().see(stranger, 4, { otherFacesNear: 1 })), "not_owner");
  });

  it("asks for a turned head where that is set, and takes it over the whole presence", () => {
    const door = new Door({ headTurnMin: 0.2 });
    assert.equal(outcomeOf(door.see({ ...owner, yawRatio: -0.1 }, 10)), "turn_head");
    assert.equal(outcomeOf(door.see({ ...owner, yawRatio: 0.09 })), "turn_head");
    assert.equal(outcomeOf(door.see({ ...owner, yawRatio: Number.NaN })), "turn_head");
    assert.equal(outcomeOf(door.see({ ...owner, yawRatio: 0.1 })), "unlock");
    door.fail("frame_invalid");
    assert.equal(outcomeOf(door.see({ ...owner, yawRatio: 0.1 }, 4)), "turn_head", "a fault forgets the turn");
  });

  it("asks for a confirmation where that is set: in this presence, young enough, and once", () => {
    const door = new Door({ confirmationAgeMaxMs: 1000 });
    door.state = recordConfirmation(door.state, door.nowMs - 500);
    assert.equal(outcomeOf(door.see(owner, 4)), "confirmation_missing", "pressed before anybody was in view");
    door.state = recordConfirmation(door.state, door.nowMs);
    const decision = door.see(owner);
    assert.equal(outcomeOf(decision), "unlock");
    assert.equal(recheck(door.state, grantOf(decision), door.now, door.policy), null);
    door.state = recordPulseEnd(recordActuation(door.state, door.nowMs), door.nowMs);
    door.wait(policy.cooldownMs);
    assert.equal(outcomeOf(door.see(owner, 6)), "confirmation_missing", "it was spent");
    door.state = recordConfirmation(door.state, door.nowMs);
    door.see(null, 2);
    assert.equal(outcomeOf(door.see(owner, 8)), "unlock");
    assert.equal(outcomeOf(door.see(owner, 2)), "confirmation_missing", "it is too old");
  });

  it("starts over when somebody else stands there", () => {
    const door = new Door();
    door.see(owner, 3);
    const elsewhere = { ...owner, box: { ...box, leftPx: 300 } };
    const change = door.see(elsewhere);
    assert.equal(outcomeOf(change), "too_few_frames");
    assert.equal(change.presenceChange, "changed");
    assert.equal(change.presence?.id, 2);
    assert.equal(change.presenceEnded?.id, 1);
    assert.equal(outcomeOf(door.see(elsewhere, 3)), "unlock");
  });

  it("reports when a presence starts and ends, also while no frame arrives", () => {
    const door = new Door();
    assert.equal(door.see(null).presenceChange, null);
    const started = door.see(owner);
    assert.equal(started.presenceChange, "started");
    assert.deepEqual(started.presence, { id: 1, startedAtMs: 1090, lastSeenAtMs: 1090, frames: 1, agreeing: 1 });
    assert.equal(door.see(owner).presenceChange, null);
    assert.equal(door.see(null).presenceChange, null);
    door.wait(policy.presenceGapMaxMs);
    const ended = door.fail("camera_fault");
    assert.equal(ended.presenceChange, "ended");
    assert.equal(ended.presence, null);
    assert.equal(ended.presenceEnded?.frames, 2);
  });

  it("does not count frames that are older than the evidence may be", () => {
    const door = new Door({ presenceGapMaxMs: 10_000 });
    door.see(owner, 3);
    door.wait(policy.evidenceAgeMaxMs);
    assert.equal(outcomeOf(door.see(owner)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner, 3)), "unlock");
  });

  it("collects anew after a fault", () => {
    const door = new Door();
    door.see(owner, 3);
    assert.equal(outcomeOf(door.fail("frame_invalid")), "frame_invalid");
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
  });

  it("goes on after a camera that was restarted and counts from 1 again", () => {
    const door = new Door();
    door.see(owner, 3);
    door.seq = 0;
    const fresh = (seq: number) => ({ seq, digest: `after restart ${seq}` });
    assert.equal(outcomeOf(door.see(owner, 1, fresh(1))), "frame_order");
    assert.deepEqual(
      [2, 3, 4, 5].map((seq) => outcomeOf(door.see(owner, 1, fresh(seq)))),
      ["too_few_frames", "too_few_frames", "too_few_frames", "unlock"],
    );
  });

  it("refuses a camera that alternates between pictures", () => {
    const door = new Door();
    for (let i = 0; i < 20; i++) {
      const decision = door.see(owner, 1, { digest: `picture ${i % 3}` });
      assert.equal(outcomeOf(decision), i < 3 ? "too_few_frames" : "frozen_camera");
    }
  });

  it("opens for the same presence again after the cooldown, with evidence collected anew", () => {
    const door = new Door();
    assert.equal(outcomeOf(door.see(owner, 4)), "unlock");
    door.state = recordActuation(door.state, door.nowMs);
    assert.equal(outcomeOf(door.see(owner, 10)), "pulse_active");
    door.state = recordPulseEnd(door.state, door.nowMs);
    assert.equal(outcomeOf(door.see(owner, policy.cooldownMs / 100)), "cooldown");
    assert.deepEqual(
      [1, 2, 3, 4].map(() => outcomeOf(door.see(owner))),
      ["too_few_frames", "too_few_frames", "too_few_frames", "unlock"],
    );
  });

  it("locks down at once, and collects anew afterwards", () => {
    const door = new Door();
    door.see(owner, 3);
    door.state = setLockdown(door.state, true);
    assert.equal(blockedBy(door.state, door.now, door.policy), "locked_down");
    assert.equal(outcomeOf(door.see(owner)), "locked_down");
    door.state = setLockdown(door.state, false);
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
  });

  it("opens for no face while somebody is enrolled, and collects anew afterwards", () => {
    const door = new Door();
    door.see(owner, 3);
    door.state = setEnrolling(door.state, true);
    assert.equal(blockedBy(door.state, door.now, door.policy), "enrolling");
    assert.equal(outcomeOf(door.see(owner, 9)), "enrolling");
    assert.equal(refusalByHand(door.state, door.nowMs, 0), null, "a hand opens it all the same");
    door.state = setEnrolling(door.state, false);
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
  });

  it("opens for no face while the case is open, or nobody can tell, and collects anew afterwards", () => {
    for (const tamper of ["tampered", "tamper_unknown"] as const) {
      const door = new Door();
      door.see(owner, 3);
      door.state = setTamper(door.state, tamper);
      assert.equal(blockedBy(door.state, door.now, door.policy), tamper);
      assert.equal(outcomeOf(door.see(owner, 9)), tamper);
      assert.equal(refusalByHand(door.state, door.nowMs, 0), null, "a hand opens it all the same");
      door.state = setTamper(door.state, null);
      assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
      assert.equal(outcomeOf(door.see(owner)), "unlock");
    }
  });

  it("opens for no face while faces are switched off, but for hands, and collects anew afterwards", () => {
    const door = new Door();
    door.see(owner, 3);
    door.state = setFacesOff(door.state, true);
    assert.equal(blockedBy(door.state, door.now, door.policy), "face_unlock_off");
    assert.equal(outcomeOf(door.see(owner, 9)), "face_unlock_off");
    assert.equal(refusalByHand(door.state, door.nowMs, 0), null, "a hand opens it all the same");
    door.state = setFacesOff(door.state, false);
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
  });

  it("opens for no face while its schedule cannot be read, whatever the time", () => {
    const door = new Door({ schedule: null });
    for (const minuteOfWeek of [null, 0, 5_000]) {
      door.minuteOfWeek = minuteOfWeek;
      assert.equal(outcomeOf(door.see(owner, 6)), "schedule_unavailable");
    }
    assert.equal(refusalByHand(door.state, door.nowMs, 0), null, "a hand opens it all the same");
  });

  it("keeps to the schedule's minutes", () => {
    const door = new Door({ schedule: [{ fromMinute: 420, toMinute: 1320 }] });
    const at = (minuteOfWeek: number | null) => {
      door.minuteOfWeek = minuteOfWeek;
      return outcomeOf(door.see(owner, 6));
    };
    assert.equal(at(419), "outside_schedule");
    assert.equal(at(420), "unlock");
    assert.equal(at(1319), "unlock");
    assert.equal(at(1320), "outside_schedule");
    assert.equal(at(null), "clock_unknown");
    assert.equal(at(Number.NaN), "clock_unknown");
    door.policy = policy;
    assert.equal(at(null), "unlock");
  });

  it("collects anew after the schedule kept the door locked for one frame", () => {
    const door = new Door({ schedule: [{ fromMinute: 420, toMinute: 1320 }] });
    door.minuteOfWeek = 1319;
    door.see(owner, 3);
    door.minuteOfWeek = 1320;
    assert.equal(outcomeOf(door.see(owner)), "outside_schedule");
    door.minuteOfWeek = 420;
    assert.equal(outcomeOf(door.see(owner, 3)), "too_few_frames");
    assert.equal(outcomeOf(door.see(owner)), "unlock");
  });
});

describe("the lockout", () => {
  /** Somebody who resembles the owner comes, is refused and goes; the last decision is returned. */
  function visit(door: Door, face = lookAlike): Decision {
    door.see(face, 3);
    door.wait(2 * policy.presenceGapMaxMs);
    return door.see(null);
  }

  it("begins with the near miss that is one too many, and doubles up to its limit", () => {
    const door = new Door();
    let lengthMs = policy.lockout.firstMs;
    for (let lockout = 0; lockout < 7; lockout++) {
      for (let miss = 1; miss < policy.lockout.nearMissesMax; miss++) {
        assert.equal(visit(door).lockoutUntilMs, null);
      }
      const untilMs = visit(door).lockoutUntilMs;
      assert.equal(untilMs, door.nowMs - 100 + lengthMs);
      assert.equal(outcomeOf(door.see(owner, 6)), "lockout");
      door.nowMs = untilMs! - 100;
      assert.equal(outcomeOf(door.see(owner)), "lockout");
      lengthMs = Math.min(lengthMs * 2, policy.lockout.maxMs);
    }
    assert.equal(outcomeOf(door.see(owner, 4)), "unlock");
  });

  it("is not earned by strangers, by the owner's unlocks, in company, or during a lockdown", () => {
    const door = new Door();
    for (let i = 0; i < 10; i++) assert.equal(visit(door, stranger).lockoutUntilMs, null);
    for (let i = 0; i < 20; i++) {
      visit(door);
      door.see(owner, 4);
      door.state = recordPulseEnd(recordActuation(door.state, door.nowMs), door.nowMs);
      door.wait(2 * policy.cooldownMs);
      assert.equal(door.see(null).lockoutUntilMs, null);
    }
    for (let i = 0; i < 10; i++) {
      door.see(lookAlike, 3, { otherFacesNear: 1 });
      door.wait(2 * policy.presenceGapMaxMs);
      assert.equal(door.see(null).lockoutUntilMs, null);
    }
    door.state = setLockdown(door.state, true);
    for (let i = 0; i < 10; i++) assert.equal(visit(door).lockoutUntilMs, null);
    assert.equal(door.state.nearMissesAtMs.length, 0);
  });

  it("counts whoever reaches the threshold, even one below the near misses' score", () => {
    const door = new Door({ verifiedScoreMin: 0.4 });
    const like = { ...owner, verifiedScore: 0.4 };
    for (let miss = 1; miss < policy.lockout.nearMissesMax; miss++) visit(door, like);
    assert.notEqual(visit(door, like).lockoutUntilMs, null);
  });

  it("counts whoever resembles the owner behind a mask or dark glasses", () => {
    for (const unfit of ["masked", "occluded"] as const) {
      const door = new Door();
      for (let miss = 1; miss < policy.lockout.nearMissesMax; miss++) visit(door, { ...lookAlike, unfit });
      assert.notEqual(visit(door, { ...lookAlike, unfit }).lockoutUntilMs, null, unfit);
    }
  });

  it("counts pictures of the owner, and not housemates, faces that cannot be judged, or a missing second step", () => {
    const onPaper = { ...owner, spoofSuspected: true };
    const door = new Door();
    for (let miss = 1; miss < policy.lockout.nearMissesMax; miss++) visit(door, onPaper);
    assert.notEqual(visit(door, onPaper).lockoutUntilMs, null);
    const harmless = new Door();
    for (let i = 0; i < 10; i++) {
      assert.equal(visit(harmless, { ...lookAlike, householdMargin: -0.1 }).lockoutUntilMs, null);
      assert.equal(visit(harmless, { ...lookAlike, unfit: "too_blurred" }).lockoutUntilMs, null);
    }
    harmless.policy = { ...policy, framesNeeded: 2, confirmationAgeMaxMs: 1000 };
    for (let i = 0; i < 10; i++) assert.equal(visit(harmless, owner).lockoutUntilMs, null);
    assert.equal(harmless.state.nearMissesAtMs.length, 0);
  });

  it("is not earned by owners whose earned unlock was not carried out", () => {
    const door = new Door();
    for (let i = 0; i < 10; i++) {
      assert.equal(outcomeOf(door.see(owner, 4)), "unlock");
      door.wait(2 * policy.presenceGapMaxMs);
      assert.equal(door.see(null).lockoutUntilMs, null);
    }
  });

  it("also comes over somebody who stays in view", () => {
    const door = new Door();
    const perAttempt = policy.lockout.attemptMs / 100 + 1;
    for (let frames = 1; frames < perAttempt * policy.lockout.nearMissesMax; frames++) {
      assert.equal(door.see(lookAlike).lockoutUntilMs, null);
    }
    assert.notEqual(door.see(lookAlike).lockoutUntilMs, null);
    assert.equal(outcomeOf(door.see(lookAlike)), "lockout");
  });

  it("forgets near misses beyond its window, and starts small after a quiet time", () => {
    const door = new Door();
    for (let i = 0; i < 20; i++) {
      assert.equal(visit(door).lockoutUntilMs, null);
      door.wait(policy.lockout.windowMs / 4);
    }
    door.wait(policy.lockout.windowMs);
    const lockout = () => {
      for (let miss = 1; miss < policy.lockout.nearMissesMax; miss++) visit(door);
      return (visit(door).lockoutUntilMs ?? Number.NaN) - (door.nowMs - 100);
    };
    assert.equal(lockout(), policy.lockout.firstMs);
    door.wait(policy.lockout.firstMs);
    assert.equal(lockout(), 2 * policy.lockout.firstMs);
    door.wait(2 * policy.lockout.firstMs + 2 * policy.lockout.windowMs);
    assert.equal(lockout(), policy.lockout.firstMs);
  });
});

describe("recheck", () => {
  function granted(changes = {}) {
    const door = new Door(changes);
    door.see(owner, 3);
    const grant = grantOf(door.see(owner));
    return { door, check: () => recheck(door.state, grant, door.now, door.policy), grant };
  }

  it("confirms a grant while the presence stands, once", () => {
    const { door, check } = granted({ cooldownMs: 0 });
    assert.equal(check(), null);
    door.see(owner);
    assert.equal(check(), null);
    door.state = recordActuation(door.state, door.nowMs);
    assert.equal(check(), "pulse_active");
    assert.throws(() => recordActuation(door.state, door.nowMs), /recheck must come first/);
    door.state = recordPulseEnd(door.state, door.nowMs);
    assert.equal(check(), "cooldown");
  });

  it("refuses when the person went away, changed, or is not alone any more", () => {
    const gone = granted({ frameAgeMaxMs: 9000, presenceGapMaxMs: 500 });
    gone.door.wait(500);
    assert.equal(gone.check(), "presence_gone");
    const changed = granted();
    changed.door.see({ ...owner, box: { ...box, topPx: 400 } });
    assert.equal(changed.check(), "presence_gone");
    const company = granted();
    company.door.see({ ...owner, verifiedScore: 0.7 }, 1, { otherFacesNear: 1 });
    assert.equal(company.check(), "too_few_frames");
    const turned = granted();
    turned.door.see(stranger);
    assert.equal(turned.check(), "too_few_frames");
    const frozen = granted();
    frozen.door.see(owner, 1, { digest: "digest-4" });
    assert.equal(frozen.check(), "too_few_frames");
  });

  it("refuses a grant that is too old, from the future, or without evidence left", () => {
    const { door, check, grant } = granted();
    door.nowMs = grant.expiresAtMs;
    assert.equal(check(), null);
    door.nowMs += 1;
    assert.equal(check(), "grant_expired");
    assert.equal(
      recheck(door.state, { ...grant, expiresAtMs: 1e9 }, door.now, { ...policy, presenceGapMaxMs: 1e9 }),
      "stale_frame",
    );
    door.nowMs = grant.decidedAtMs - 1;
    assert.equal(check(), "clock_fault");
    door.nowMs = Number.NaN;
    assert.equal(check(), "clock_fault");
  });

  it("refuses after a lockdown, and where the schedule ended meanwhile", () => {
    const { door, check } = granted();
    door.state = setLockdown(door.state, true);
    assert.equal(check(), "locked_down");
    const enrolling = granted();
    enrolling.door.state = setEnrolling(enrolling.door.state, true);
    assert.equal(enrolling.check(), "enrolling");
    const opened = granted();
    opened.door.state = setTamper(opened.door.state, "tampered");
    assert.equal(opened.check(), "tampered");
    const switchedOff = granted();
    switchedOff.door.state = setFacesOff(switchedOff.door.state, true);
    assert.equal(switchedOff.check(), "face_unlock_off");
    const evening = granted();
    evening.door.policy = { ...policy, schedule: [{ fromMinute: 0, toMinute: 60 }] };
    evening.door.minuteOfWeek = 60;
    assert.equal(evening.check(), "outside_schedule");
  });
});

describe("refusalReasons", () => {
  /** One way to earn each refusal that this folder gives. */
  const examples: Partial<Record<RefusalReason, () => string | null>> = {
    no_face: () => outcomeOf(new Door().see(null)),
    several_faces: () => outcomeOf(new Door().see({ ...owner, verifiedScore: 0.7 }, 4, { otherFacesNear: 1 })),
    not_owner: () => outcomeOf(new Door().see(stranger, 4)),
    household_member: () => outcomeOf(new Door().see({ ...owner, householdMargin: -0.1 }, 4)),
    classifier_disagrees: () => outcomeOf(new Door().see({ ...owner, ownerScore: 0.1 }, 4)),
    spoof_suspected: () => outcomeOf(new Door().see({ ...owner, spoofSuspected: true }, 4)),
    too_small: () => outcomeOf(new Door().see({ ...owner, unfit: "too_small" }, 4)),
    too_dark: () => outcomeOf(new Door().see({ ...owner, unfit: "too_dark" }, 4)),
    too_bright: () => outcomeOf(new Door().see({ ...owner, unfit: "too_bright" }, 4)),
    too_blurred: () => outcomeOf(new Door().see({ ...owner, unfit: "too_blurred" }, 4)),
    turned_away: () => outcomeOf(new Door().see({ ...owner, unfit: "turned_away" }, 4)),
    cut_off: () => outcomeOf(new Door().see({ ...owner, unfit: "cut_off" }, 4)),
    masked: () => outcomeOf(new Door().see({ ...owner, unfit: "masked" }, 4)),
    occluded: () => outcomeOf(new Door().see({ ...owner, unfit: "occluded" }, 4)),
    turn_head: () => outcomeOf(new Door({ headTurnMin: 0.2 }).see(owner, 4)),
    confirmation_missing: () => outcomeOf(new Door({ confirmationAgeMaxMs: 1000 }).see(owner, 4)),
    too_few_frames: () => outcomeOf(new Door().see(owner, 3)),
    stale_frame: () => outcomeOf(new Door().see(owner, 1, { capturedAtMs: -1 })),
    frozen_camera: () => outcomeOf(new Door().see(owner, 4, { digest: "same" })),
    frame_order: () => outcomeOf(new Door().see(owner, 4, { seq: 7 })),
    clock_fault: () => outcomeOf(new Door().see(owner, 4, { capturedAtMs: 900 })),
    camera_fault: () => outcomeOf(new Door().fail("camera_fault")),
    camera_black: () => outcomeOf(new Door().fail("camera_black")),
    camera_covered: () => outcomeOf(new Door().fail("camera_covered")),
    camera_changed: () => outcomeOf(new Door().fail("camera_changed")),
    frame_invalid: () => outcomeOf(new Door().fail("frame_invalid")),
    vision_fault: () => outcomeOf(new Door().fail("vision_fault")),
    bundle_missing: () => outcomeOf(new Door().fail("bundle_missing")),
    household_unavailable: () => outcomeOf(new Door().fail("household_unavailable")),
    locked_down: () => {
      const door = new Door();
      door.state = setLockdown(door.state, true);
      return outcomeOf(door.see(owner, 4));
    },
    face_unlock_off: () => {
      const door = new Door();
      door.state = setFacesOff(door.state, true);
      return outcomeOf(door.see(owner, 4));
    },
    schedule_unavailable: () => outcomeOf(new Door({ schedule: null }).see(owner, 4)),
    enrolling: () => {
      const door = new Door();
      door.state = setEnrolling(door.state, true);
      return outcomeOf(door.see(owner, 4));
    },
    tampered: () => {
      const door = new Door();
      door.state = setTamper(door.state, "tampered");
      return outcomeOf(door.see(owner, 4));
    },
    tamper_unknown: () => {
      const door = new Door();
      door.state = setTamper(door.state, "tamper_unknown");
      return outcomeOf(door.see(owner, 4));
    },
    pulse_active: () => {
      const door = new Door();
      door.state = recordActuation(door.state, door.nowMs);
      return outcomeOf(door.see(owner, 4));
    },
    cooldown: () => {
      const door = new Door();
      door.state = recordPulseEnd(recordActuation(door.state, door.nowMs), door.nowMs);
      return outcomeOf(door.see(owner, 4));
    },
    lockout: () => {
      const door = new Door({ lockout: { ...policy.lockout, nearMissesMax: 1 } });
      door.see(lookAlike);
      return outcomeOf(door.see({ ...owner, box: { ...box, leftPx: 500 } }));
    },
    outside_schedule: () => {
      const door = new Door({ schedule: [{ fromMinute: 1, toMinute: 2 }] });
      door.minuteOfWeek = 2;
      return outcomeOf(door.see(owner, 4));
    },
    clock_unknown: () => outcomeOf(new Door({ schedule: [{ fromMinute: 1, toMinute: 2 }] }).see(owner, 4)),
    presence_gone: () => {
      const door = new Door({ presenceGapMaxMs: 200 });
      const grant = grantOf(door.see(owner, 4));
      door.wait(400);
      return recheck(door.state, grant, door.now, door.policy);
    },
    grant_expired: () => {
      const door = new Door();
      const grant = grantOf(door.see(owner, 4));
      door.wait(1000);
      return recheck(door.state, grant, door.now, door.policy);
    },
  };
  /** Given by the pipeline, which knows the store and the relay. */
  const ofThePipeline: RefusalReason[] = ["audit_unavailable", "relay_unavailable"];

  it("holds every reason that is given, and an example gives every reason", () => {
    assert.deepEqual([...Object.keys(examples), ...ofThePipeline].sort(), Object.keys(refusalReasons).sort());
  });

  for (const [reason, example] of Object.entries(examples)) {
    it(`gives ${reason}`, () => assert.equal(example(), reason));
  }

  it("gives clock_fault for a monotonic clock that runs backwards, frames from the future and times that are no numbers", () => {
    const backwards = new Door();
    backwards.see(owner, 3);
    const { state } = backwards;
    backwards.nowMs -= 200;
    assert.equal(outcomeOf(backwards.show(backwards.frame(owner))), "clock_fault");
    assert.equal(backwards.state.presence?.evidence.length, 0);
    assert.equal(backwards.state.lastNowMs, state.lastNowMs);
    const future = new Door();
    future.see(owner, 3);
    assert.equal(outcomeOf(future.see(owner, 1, { capturedAtMs: future.nowMs + 1 })), "clock_fault");
    assert.equal(outcomeOf(future.see(owner, 3)), "too_few_frames", "the evidence was cleared");
    assert.equal(outcomeOf(future.see(owner)), "unlock", "a single time from the future is not held on to");
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(outcomeOf(new Door().see(owner, 4, { capturedAtMs: wrong })), "clock_fault");
      const door = new Door();
      door.see(owner, 3);
      const [, decision] = decide(door.state, door.frame(owner), { nowMs: wrong, minuteOfWeek: null }, door.policy);
      assert.equal(outcomeOf(decision), "clock_fault");
    }
  });
});
